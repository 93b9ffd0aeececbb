import type { FileHandle } from "node:fs/promises"
import { dirname } from "node:path"
import { encodeHeader } from "../archive/header.ts"
import { forEachConcurrent } from "../content/concurrency.ts"
import { type CopyOptions, DEFAULT_CONCURRENCY, sumOfSizes } from "../content/copy.ts"
import { writeFileRange } from "../content/file-range.ts"
import type { ContentFetcher } from "../content/interfaces.ts"
import { PartialFile } from "../content/partial-file.ts"
import { observed } from "../content/transfer-event.ts"
import { digestMismatch } from "../content/verifying-reader.ts"
import { reasonOf } from "../errors/reason.ts"
import { isOutOfSpace } from "../errors/system-error.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { digestAlgorithm } from "../oci/digest.ts"
import type { BundleFile, BundlePlan } from "./bundle-plan.ts"
import { GrowingHash } from "./growing-hash.ts"
import { HashPool } from "./hash-pool.ts"
import type { FileDigest, IntegrityAlgorithm } from "./integrity.ts"
import { noSpace, requireSpace } from "./required-space.ts"
import { explainUnreadable } from "./unreadable-range.ts"

type PlannedBlob = BundleFile & { content: Descriptor }

export interface WriteOptions extends Pick<CopyOptions, "concurrency" | "onTransfer" | "signal"> {
  /** Hashes the whole file too, by each of these, on other threads while it is written. Default: none. */
  integrity?: readonly IntegrityAlgorithm[] | undefined
}

/**
 * Writes a bundle into a file: blobs are fetched concurrently, each to its planned place, in bounded memory and
 * without temporary copies. The file has its name only once it is whole and on the disk; a failure leaves nothing.
 * Gives the digests of the file that are asked for. Throws `NOT_ENOUGH_SPACE`, if possible before anything is fetched, and what the source and the file system throw.
 */
export async function writeBundleFile(
  source: ContentFetcher,
  plan: BundlePlan,
  path: string,
  options: WriteOptions = {},
): Promise<FileDigest[]> {
  try {
    await using partial = await PartialFile.begin(path)
    await requireSpace(dirname(path), plan.size)
    const digests = await writeContents(partial, source, plan, options)
    await partial.finish()
    return digests
  } catch (error) {
    throw isOutOfSpace(error) ? noSpace(`cannot write ${path}: ${reasonOf(error)}`, error) : error
  }
}

async function writeContents(
  partial: PartialFile,
  source: ContentFetcher,
  plan: BundlePlan,
  options: WriteOptions,
): Promise<FileDigest[]> {
  const { handle } = partial
  // The length makes the padding and the end-of-archive blocks: what nobody writes reads as zeros.
  await handle.truncate(plan.size)
  const blobs: PlannedBlob[] = []
  for (const file of plan.files) {
    await writeAt(handle, encodeHeader(file.name, file.size), file.headerOffset)
    if (file.content instanceof Uint8Array) await writeAt(handle, file.content, file.offset)
    else blobs.push({ ...file, content: file.content })
  }
  options.onTransfer?.({ type: "planned", count: blobs.length, bytes: sumOfSizes(blobs) })
  const { signal, integrity = [] } = options
  await using pool = new HashPool(handle.fd, { threads: 1, signal })
  await using wholePool = new HashPool(handle.fd, { threads: integrity.length, signal })
  const whole = new GrowingHash(wholePool, integrity, blobs, plan.size)
  await forEachConcurrent(blobs, options.concurrency ?? DEFAULT_CONCURRENCY, signal, (blob, signal) =>
    writeBlob({ partial, pool, whole }, source, blob, { ...options, signal }),
  )
  return await whole.digests().catch((error: unknown) => {
    throw explainUnreadable(error, partial.path)
  })
}

interface Destination {
  partial: PartialFile
  pool: HashPool
  whole: GrowingHash
}

/** Writes a blob at its place. Another thread hashes what has been written, so the file itself is what is verified. */
async function writeBlob(
  { partial: { handle, path }, pool, whole }: Destination,
  source: ContentFetcher,
  file: PlannedBlob,
  { onTransfer, signal }: WriteOptions,
): Promise<void> {
  const { content: blob, offset, name } = file
  onTransfer?.({ type: "started", descriptor: blob })
  const hash = pool.start(digestAlgorithm(blob.digest), blob.size)
  const chunks = source.fetch(blob, { signal, unhashed: true, reuseChunks: true })
  await writeFileRange(handle, offset, observed(blob, chunks, onTransfer), (position, length) => {
    hash.update(position, length)
    whole.wrote(file, position, length)
  })
  const found = await hash.digest().catch((error: unknown) => {
    throw explainUnreadable(error, path, name)
  })
  if (found !== blob.digest) throw digestMismatch(blob, found, name)
  onTransfer?.({ type: "finished", descriptor: blob, outcome: "fetched" })
}

async function writeAt(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}
