import { availableParallelism } from "node:os"
import { extname } from "node:path"
import { Worker } from "node:worker_threads"
import type { Digest, DigestAlgorithm } from "../oci/digest.ts"

/** More threads than this gain little: a disk is the limit then. */
const MAX_THREADS = 4

/** Of a file, in bytes. */
interface Range {
  offset: number
  length: number
}

/** To a worker: take a range of the file into the hash, and finish it where nothing follows. */
export interface HashRequest {
  id: number
  algorithm: DigestAlgorithm
  range?: Range
  isLast: boolean
}

/** From a worker: how many bytes of the hash are done, or its digest. */
export type HashReply = { id: number } & ({ position: number } | { digest: Digest })

export interface RunningHash {
  /** Takes a range of the file into the hash. Ranges are hashed in the order in which they are given. */
  update(offset: number, length: number): void
  /** Ends the hash. After an abort nobody waits for it any more. */
  digest(signal?: AbortSignal): Promise<Digest>
}

interface HashPoolOptions {
  /** Default: one for each core, up to 4. */
  threads?: number | undefined
  /** After an abort no digest comes any more. */
  signal?: AbortSignal | undefined
}

type OnProgress = ((position: number) => void) | undefined

interface PoolWorker {
  worker: Worker
  /** Given to it so far. */
  bytes: number
}

interface Pending {
  onProgress: OnProgress
  resolve(digest: Digest): void
  reject(reason: unknown): void
}

/**
 * Hashes parts of one file on other threads, also while it is being written. A thread reads what it hashes by
 * itself, so nothing but positions passes between threads, and memory stays at one buffer a thread. `fd` stays the
 * caller's, who closes it behind the pool: a path could by now lead to another file.
 */
export class HashPool {
  readonly #workers: PoolWorker[]
  readonly #pending = new Map<number, Pending>()
  readonly #signal: AbortSignal | undefined
  readonly #abort = () => this.#fail(this.#signal?.reason)
  #failure: { reason: unknown } | undefined
  #id = 0

  constructor(fd: number, { threads, signal }: HashPoolOptions = {}) {
    signal?.throwIfAborted()
    this.#signal = signal
    signal?.addEventListener("abort", this.#abort, { once: true })
    const script = new URL(`./hash-worker${extname(import.meta.url)}`, import.meta.url)
    const length = threads ?? Math.min(availableParallelism(), MAX_THREADS)
    this.#workers = Array.from({ length }, () => {
      const worker = new Worker(script, { workerData: { fd } })
      worker.on("error", (error) => this.#fail(error))
      worker.on("message", (reply: HashReply) => this.#take(reply))
      return { worker, bytes: 0 }
    })
  }

  /** Begins a hash on the thread that has least to do. `onProgress` hears how many bytes of it are done. */
  start(algorithm: DigestAlgorithm, onProgress?: OnProgress): RunningHash {
    const id = this.#id++
    const chosen = this.#choose()
    return {
      update: (offset, length) => {
        chosen.bytes += length
        chosen.worker.postMessage({
          id,
          algorithm,
          range: { offset, length },
          isLast: false,
        } satisfies HashRequest)
      },
      digest: (signal) => this.#finish(chosen, { id, algorithm, isLast: true }, onProgress, signal),
    }
  }

  /** The digest of one range. */
  hash(
    algorithm: DigestAlgorithm,
    range: Range,
    { onProgress, signal }: { onProgress?: OnProgress; signal?: AbortSignal | undefined } = {},
  ): Promise<Digest> {
    const chosen = this.#choose()
    chosen.bytes += range.length
    return this.#finish(chosen, { id: this.#id++, algorithm, range, isLast: true }, onProgress, signal)
  }

  #choose(): PoolWorker {
    return this.#workers.reduce((one, other) => (other.bytes < one.bytes ? other : one))
  }

  #finish(
    { worker }: PoolWorker,
    request: HashRequest,
    onProgress: OnProgress,
    signal: AbortSignal | undefined,
  ): Promise<Digest> {
    const { promise, resolve, reject } = Promise.withResolvers<Digest>()
    const stop = () => reject(signal?.reason)
    if (this.#failure !== undefined) reject(this.#failure.reason)
    else if (signal?.aborted) stop()
    else {
      this.#pending.set(request.id, { onProgress, resolve, reject })
      signal?.addEventListener("abort", stop, { once: true })
      worker.postMessage(request)
    }
    return promise.finally(() => {
      this.#pending.delete(request.id)
      signal?.removeEventListener("abort", stop)
    })
  }

  /** Ends the threads; what is not finished fails. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#abort)
    this.#fail(new Error("the hash pool is closed"))
    await Promise.all(this.#workers.map(({ worker }) => worker.terminate()))
  }

  #take(reply: HashReply): void {
    const pending = this.#pending.get(reply.id)
    if ("position" in reply) {
      pending?.onProgress?.(reply.position)
    } else {
      pending?.resolve(reply.digest)
    }
  }

  #fail(reason: unknown): void {
    this.#failure ??= { reason }
    for (const { reject } of this.#pending.values()) reject(reason)
  }
}
