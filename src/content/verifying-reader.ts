import { createHash } from "node:crypto"
import type { Descriptor } from "../oci/descriptor.ts"
import { type Digest, digestAlgorithm, finishDigest } from "../oci/digest.ts"
import { ContentError } from "./content-error.ts"

interface VerifyingOptions {
  hint?: string | undefined
  unhashed?: boolean | undefined
  damaged?: ((found: Digest) => Error) | undefined
}

/**
 * Passes content on while checking it: size, that nothing follows, then the digest. The last chunk is held back
 * until all three are right, so a consumer that sees the end has seen right content.
 * `unhashed` leaves the digest to the consumer. Throws `SIZE_MISMATCH` or `DIGEST_MISMATCH`, naming `origin`, with
 * `hint` where the source knows a better one; instead of the latter what `damaged` makes of the digest that was found.
 */
export async function* verified(
  descriptor: Descriptor,
  chunks: AsyncIterable<Uint8Array>,
  origin: string,
  { hint, unhashed = false, damaged }: VerifyingOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const algorithm = digestAlgorithm(descriptor.digest)
  const hash = createHash(algorithm)
  let received = 0
  let held: Uint8Array | undefined
  for await (const chunk of chunks) {
    // An empty chunk at the end would push the last bytes out before they are proved.
    if (chunk.length === 0) continue
    received += chunk.length
    if (received > descriptor.size) {
      throw sizeMismatch(descriptor, `more than ${descriptor.size}`, origin, hint)
    }
    if (held !== undefined) yield held
    if (!unhashed) hash.update(chunk)
    held = chunk
  }
  if (received !== descriptor.size) throw sizeMismatch(descriptor, String(received), origin, hint)
  const found = unhashed ? descriptor.digest : finishDigest(algorithm, hash)
  if (found !== descriptor.digest) throw damaged?.(found) ?? digestMismatch(descriptor, found, origin, hint)
  if (held !== undefined) yield held
}

export function digestMismatch(
  descriptor: Descriptor,
  found: Digest,
  origin: string,
  hint = "the content was altered or damaged on its way; get it again from where it was made",
): ContentError {
  return new ContentError("DIGEST_MISMATCH", `${origin}: expected ${descriptor.digest}, found ${found}`, {
    hint,
  })
}

function sizeMismatch(descriptor: Descriptor, found: string, origin: string, hint?: string): ContentError {
  return new ContentError(
    "SIZE_MISMATCH",
    `${origin}: ${descriptor.digest} has ${found} bytes, its descriptor says ${descriptor.size}`,
    { hint: hint ?? "the content is cut off or altered; get it again from where it was made" },
  )
}
