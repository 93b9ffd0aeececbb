import { quoteUnlessPlain } from "../errors/quote.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { MAX_DOCUMENT_SIZE } from "../oci/json.ts"
import { ContentError } from "./content-error.ts"
import type { ContentBody, ContentFetcher, OperationOptions } from "./interfaces.ts"

/** Reads a manifest or another small document whole. Throws `DOCUMENT_TOO_LARGE` over 4 MiB, before reading any of it. */
export async function readDocument(
  source: ContentFetcher,
  descriptor: Descriptor,
  options: OperationOptions = {},
): Promise<Uint8Array> {
  if (descriptor.size > MAX_DOCUMENT_SIZE) {
    throw new ContentError(
      "DOCUMENT_TOO_LARGE",
      `${descriptor.digest} (${quoteUnlessPlain(descriptor.mediaType)}) has ${descriptor.size} bytes; at most ${MAX_DOCUMENT_SIZE} are read`,
    )
  }
  return collect(source.fetch(descriptor, options))
}

/** Joins chunks that are known to be few. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
}

/** A body made of bytes at hand. */
export function bodyOf(bytes: Uint8Array): ContentBody {
  return async function* (offset) {
    if (offset < bytes.length) yield bytes.subarray(offset)
  }
}
