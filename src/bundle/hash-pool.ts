import { availableParallelism } from "node:os"
import { extname } from "node:path"
import { Worker } from "node:worker_threads"
import type { Digest, DigestAlgorithm } from "../oci/digest.ts"

/** A range of the file, in bytes. */
export interface HashRequest {
  algorithm: DigestAlgorithm
  offset: number
  length: number
}

export type HashResult = { progress: number } | { digest: Digest }

/** More threads than this gain little: a disk is the limit then. */
const MAX_THREADS = 4

/**
 * Hashes ranges of a file on several threads, the longest first, and hands each digest to `done`.
 * A failure or an abort ends the threads.
 */
export async function hashRanges<Range extends HashRequest>(
  path: string,
  ranges: readonly Range[],
  done: (range: Range, digest: Digest) => void,
  options: { signal?: AbortSignal | undefined; onProgress?: (range: Range, position: number) => void } = {},
): Promise<void> {
  const queue = [...ranges].sort((one, other) => other.length - one.length)
  const threads = Math.min(availableParallelism(), MAX_THREADS, queue.length)
  const workers: Worker[] = []
  try {
    await Promise.all(
      Array.from({ length: threads }, () => {
        const worker = new Worker(new URL(`./hash-worker${extname(import.meta.url)}`, import.meta.url), {
          workerData: { path },
        })
        workers.push(worker)
        return drain(worker, queue, done, options)
      }),
    )
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

/** Gives one worker ranges until none is left. */
function drain<Range extends HashRequest>(
  worker: Worker,
  queue: Range[],
  done: (range: Range, digest: Digest) => void,
  options: { signal?: AbortSignal | undefined; onProgress?: (range: Range, position: number) => void },
): Promise<void> {
  return new Promise((resolve, reject) => {
    let current: Range | undefined
    const abort = () => reject(options.signal?.reason)
    const next = () => {
      current = queue.shift()
      if (current === undefined) return resolve()
      const { algorithm, offset, length } = current
      worker.postMessage({ algorithm, offset, length } satisfies HashRequest)
    }
    options.signal?.throwIfAborted()
    options.signal?.addEventListener("abort", abort, { once: true })
    worker.on("error", reject)
    worker.on("message", (result: HashResult) => {
      if (current === undefined) return
      if ("progress" in result) return options.onProgress?.(current, result.progress)
      done(current, result.digest)
      next()
    })
    next()
  })
}
