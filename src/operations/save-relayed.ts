import { createWriteStream } from "node:fs"
import { dirname } from "node:path"
import type { Writable } from "node:stream"
import { finished } from "node:stream/promises"
import type { BundlePlan } from "../bundle/bundle-plan.ts"
import type { FileDigest, IntegrityAlgorithm } from "../bundle/integrity.ts"
import { PassingHash } from "../bundle/passing-hash.ts"
import { noSpace, requireSpace } from "../bundle/required-space.ts"
import { type VerifyOptions, verifyPassingBlobs } from "../bundle/verify-blobs.ts"
import { PartialFile } from "../content/partial-file.ts"
import { digestMismatch } from "../content/verifying-reader.ts"
import { reasonOf } from "../errors/reason.ts"
import { isOutOfSpace } from "../errors/system-error.ts"
import type { BundleRelay } from "./bundle-relay.ts"
import { openBundleStream } from "./open-bundle.ts"
import type { Output } from "./output-file.ts"
import type { SuccessfulRelease } from "./successful-release.ts"

interface SaveOptions extends Pick<VerifyOptions, "onTransfer" | "signal"> {
  integrity?: readonly IntegrityAlgorithm[] | undefined
}

interface Saved {
  plan: BundlePlan
  /** Those that were asked for. */
  digests: FileDigest[]
}

/**
 * Writes the bundle of a release as a relay gives it: a file that appears only when it is whole, or a stream. Every byte is proved as it
 * passes, and that it is the release which was asked for. Throws what verifying throws, `DIGEST_MISMATCH` and `NOT_ENOUGH_SPACE`.
 */
export async function saveRelayed(
  relay: BundleRelay,
  release: SuccessfulRelease,
  output: Output | { sink: Writable },
  options: SaveOptions,
): Promise<Saved> {
  const chunks = relay.download(release, { signal: options.signal })
  if ("file" in output) return saveFile(output.file, chunks, release, options)
  const sink = "stream" in output ? createWriteStream(output.stream) : output.sink
  // It is heard of with the write that fails.
  sink.on("error", () => undefined)
  const saved = await prove(chunks, (chunk) => write(sink, chunk), release, options)
  if (sink === process.stdout) return saved
  sink.end()
  await finished(sink)
  return saved
}

async function saveFile(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  release: SuccessfulRelease,
  options: SaveOptions,
): Promise<Saved> {
  try {
    await using partial = await PartialFile.begin(path)
    let position = 0
    const append = async (chunk: Uint8Array) => {
      for (let written = 0; written < chunk.length; ) {
        const { bytesWritten } = await partial.handle.write(chunk, written, chunk.length - written, position)
        written += bytesWritten
        position += bytesWritten
      }
    }
    const saved = await prove(chunks, append, release, options, (size) =>
      requireSpace(dirname(path), size - position),
    )
    await partial.finish()
    return saved
  } catch (error) {
    throw isOutOfSpace(error) ? noSpace(`cannot write ${path}: ${reasonOf(error)}`, error) : error
  }
}

async function prove(
  chunks: AsyncIterable<Uint8Array>,
  take: (chunk: Uint8Array) => Promise<void>,
  release: SuccessfulRelease,
  { integrity = [], onTransfer, signal }: SaveOptions,
  onSize?: (size: number) => Promise<void>,
): Promise<Saved> {
  await using hash = new PassingHash(integrity)
  const passing = taken(hash.through(chunks), take)
  try {
    const stream = await openBundleStream(passing, { signal })
    const { plan } = stream
    if (plan.release.digest !== release.index.digest) {
      throw digestMismatch(release.index, plan.release.digest, "the bundle that the server gives")
    }
    await onSize?.(plan.size)
    await verifyPassingBlobs(stream, { onTransfer, signal })
    return { plan, digests: await hash.digests() }
  } finally {
    await passing.return()
  }
}

async function* taken(
  chunks: AsyncIterable<Uint8Array>,
  take: (chunk: Uint8Array) => Promise<void>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    await take(chunk)
    yield chunk
  }
}

function write(sink: Writable, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    sink.write(chunk, (error) => (error ? reject(error) : resolve()))
  })
}
