import { END_OF_ARCHIVE_SIZE, encodeHeader, padding } from "../archive/header.ts"
import { allowedAtOnce } from "../content/concurrency.ts"
import { type CopyOptions, DEFAULT_CONCURRENCY, sumOfSizes } from "../content/copy.ts"
import type { ContentFetcher } from "../content/interfaces.ts"
import { ReadAhead } from "../content/read-ahead.ts"
import { observed } from "../content/transfer-event.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { BundleFile, BundlePlan } from "./bundle-plan.ts"

/** Kept of each blob that is fetched before its turn, in bytes. */
const READ_AHEAD_SIZE = 4 * 1024 * 1024
/** Blobs that are fetched before their turn: with the one above this bounds the memory, whatever a caller asks for. */
const MAX_AHEAD = 16

/**
 * The bytes of a bundle in order, for a pipe: the same as `writeBundleFile` writes. The next blobs are fetched while
 * one is being read, 16 at most and 4 MiB of each. A failure throws before the end-of-archive blocks, so a reader sees that the
 * bundle is cut off.
 */
export async function* bundleBytes(
  source: ContentFetcher,
  plan: BundlePlan,
  options: Pick<CopyOptions, "concurrency" | "onTransfer" | "signal"> = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const blobs = plan.files.flatMap((file) => (file.content instanceof Uint8Array ? [] : [file.content]))
  options.onTransfer?.({
    type: "planned",
    count: blobs.length,
    bytes: sumOfSizes(blobs),
  })
  const limit = Math.min(allowedAtOnce(options.concurrency ?? DEFAULT_CONCURRENCY), MAX_AHEAD)
  const underWay = new Map<Descriptor, ReadAhead>()
  const failed = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal
  let started = 0
  try {
    for (const file of plan.files) {
      yield encodeHeader(file.name, file.size)
      while (started < blobs.length && underWay.size < limit) {
        const blob = blobs[started++] as Descriptor
        underWay.set(blob, new ReadAhead(source.fetch(blob, { signal }), READ_AHEAD_SIZE))
      }
      yield* fileBytes(file, underWay, options)
      yield new Uint8Array(padding(file.size))
    }
    yield new Uint8Array(END_OF_ARCHIVE_SIZE)
  } finally {
    failed.abort()
    for (const reading of underWay.values()) await reading.stop()
  }
}

async function* fileBytes(
  file: BundleFile,
  underWay: Map<Descriptor, ReadAhead>,
  options: Pick<CopyOptions, "onTransfer">,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (file.content instanceof Uint8Array) return yield file.content
  const blob = file.content
  const reading = underWay.get(blob)
  if (!reading) throw new Error(`${blob.digest} stands out of order in the plan`)
  options.onTransfer?.({ type: "started", descriptor: blob })
  yield* observed(blob, reading, options.onTransfer)
  underWay.delete(blob)
  options.onTransfer?.({ type: "finished", descriptor: blob, outcome: "fetched" })
}
