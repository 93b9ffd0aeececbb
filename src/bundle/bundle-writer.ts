import { type FileHandle, open, readdir, rename, statfs, unlink } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { forEachConcurrent } from "../content/concurrency.ts"
import { type CopyOptions, DEFAULT_CONCURRENCY, sumOfSizes } from "../content/copy.ts"
import type { ContentFetcher } from "../content/interfaces.ts"
import { observed } from "../content/transfer-event.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { BundleError } from "./bundle-error.ts"
import type { BundleFile, BundlePlan } from "./bundle-plan.ts"

type WriteOptions = Pick<CopyOptions, "concurrency" | "onTransfer" | "signal">

/**
 * Writes a bundle into a file: blobs are fetched concurrently, each to its planned place, in bounded memory and
 * without temporary copies. The file has its name only once it is whole and on the disk; a failure leaves nothing.
 * Throws `NOT_ENOUGH_SPACE` before anything is fetched, and what the source and the file system throw.
 */
export async function writeBundleFile(
  source: ContentFetcher,
  plan: BundlePlan,
  path: string,
  options: WriteOptions = {},
): Promise<void> {
  const folder = dirname(path)
  await removeAbandoned(path)
  await requireSpace(folder, plan.size)
  const partial = join(folder, `${partialPrefix(path)}${process.pid}-${++started}.partial`)
  const handle = await open(partial, "wx")
  try {
    await writeContents(handle, source, plan, options)
    await handle.sync()
    await handle.close()
    await rename(partial, path)
  } catch (error) {
    await handle.close()
    await unlink(partial)
    throw error
  }
  await syncFolder(folder)
}

/** Bundles that this process has begun to write: together with its id they tell partial files apart. */
let started = 0

async function writeContents(
  handle: FileHandle,
  source: ContentFetcher,
  plan: BundlePlan,
  options: WriteOptions,
) {
  // The length makes the padding and the end-of-archive blocks: what nobody writes reads as zeros.
  await handle.truncate(plan.size)
  const blobs: (BundleFile & { content: Descriptor })[] = []
  for (const file of plan.files) {
    await writeAt(handle, file.header, file.headerOffset)
    if (file.content instanceof Uint8Array) await writeAt(handle, file.content, file.offset)
    else blobs.push({ ...file, content: file.content })
  }
  options.onTransfer?.({
    type: "planned",
    count: blobs.length,
    bytes: sumOfSizes(blobs),
  })
  await forEachConcurrent(
    blobs,
    options.concurrency ?? DEFAULT_CONCURRENCY,
    options.signal,
    async (blob, signal) => {
      options.onTransfer?.({ type: "started", descriptor: blob.content })
      await writeBlob(handle, blob.offset, source.fetch(blob.content, { signal }), blob.content, options)
      options.onTransfer?.({ type: "finished", descriptor: blob.content, outcome: "fetched" })
    },
  )
}

/** Writes a blob at its place; while one chunk is being written, the next is being fetched. */
async function writeBlob(
  handle: FileHandle,
  offset: number,
  chunks: AsyncIterable<Uint8Array>,
  blob: Descriptor,
  options: WriteOptions,
): Promise<void> {
  let position = offset
  let writing: Promise<unknown> = Promise.resolve()
  try {
    for await (const chunk of observed(blob, chunks, options.onTransfer)) {
      await writing
      writing = writeAt(handle, chunk, position)
      writing.catch(() => undefined)
      position += chunk.length
    }
  } finally {
    await writing
  }
}

async function writeAt(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}

async function requireSpace(folder: string, size: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  if (free >= size) return
  throw new BundleError(
    "NOT_ENOUGH_SPACE",
    `the bundle needs ${size} bytes, ${folder} has ${free} bytes free`,
    {
      hint: "free some space there, choose another disk with -o, or write to a pipe with -o -",
    },
  )
}

function partialPrefix(path: string): string {
  return `.${basename(path)}.`
}

/** Removes what earlier exports to the same name left behind when they were killed. */
async function removeAbandoned(path: string): Promise<void> {
  const folder = dirname(path)
  for (const name of await readdir(folder)) {
    if (!name.startsWith(partialPrefix(path))) continue
    const [, pid, count] = /^([0-9]+)-([0-9]+)\.partial$/.exec(name.slice(partialPrefix(path).length)) ?? []
    if (pid === undefined || count === undefined) continue
    // In a container every run may have the same process id: what this run has not begun is an earlier run's.
    const abandoned = Number(pid) === process.pid ? Number(count) > started : !isRunning(Number(pid))
    if (abandoned) await unlink(join(folder, name))
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH"
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
