import { availableParallelism } from "node:os"
import { extname } from "node:path"
import { Worker } from "node:worker_threads"
import type { OperationOptions } from "../content/interfaces.ts"
import type { Range } from "../content/random-access.ts"
import type { FileDigest, IntegrityAlgorithm } from "./integrity.ts"
import { type HashReply, type HashRequest, RangeHasher } from "./range-hasher.ts"
import { UnreadableRange } from "./unreadable-range.ts"

/** More threads than this gain little: a disk is the limit then. */
const MAX_THREADS = 4

/** In bytes. A thread takes longer to start than so much to hash: it is done without one, for all hashes together. */
const DONE_HERE = 4 * 1024 * 1024

export interface RunningHash<Algorithm extends IntegrityAlgorithm> {
  /** Takes a range of the file into the hash. Ranges are hashed in the order in which they are given. */
  update(offset: number, length: number): void
  /** Ends the hash. After an abort nobody waits for it any more. */
  digest(signal?: AbortSignal): Promise<`${Algorithm}:${string}`>
}

interface HashPoolOptions {
  /** Default: one for each core, up to 4. */
  threads?: number | undefined
  /** After an abort no digest comes any more. */
  signal?: AbortSignal | undefined
}

type OnProgress = ((position: number) => void) | undefined

export interface RangeHashOptions extends OperationOptions {
  /** Hears how many bytes of the range are done. */
  onProgress?: OnProgress
}

interface Place {
  hasher: { postMessage(request: HashRequest): void; terminate(): Promise<unknown> }
  /** Given to it so far. */
  bytes: number
}

interface Pending {
  onProgress: OnProgress
  resolve(digest: FileDigest): void
  reject(reason: unknown): void
}

/**
 * Hashes parts of one file on other threads, also while it is being written. A thread reads what it hashes by
 * itself, so nothing but positions passes between threads, and memory stays at one buffer a thread. Threads are started
 * when there is enough to do for them. `fd` stays the caller's, who closes it behind the pool: a path could by now lead to
 * another file.
 */
export class HashPool implements AsyncDisposable {
  readonly #fd: number
  readonly #here: Place
  readonly #threads: Place[] = []
  readonly #maxThreads: number
  readonly #pending = new Map<number, Pending>()
  readonly #signal: AbortSignal | undefined
  readonly #abort = () => this.#fail(this.#signal?.reason)
  #failure: { reason: unknown } | undefined
  #id = 0

  constructor(fd: number, { threads, signal }: HashPoolOptions = {}) {
    signal?.throwIfAborted()
    this.#signal = signal
    signal?.addEventListener("abort", this.#abort, { once: true })
    this.#fd = fd
    this.#maxThreads = threads ?? Math.min(availableParallelism(), MAX_THREADS)
    this.#here = { hasher: this.#makeHasher(), bytes: 0 }
  }

  /** Begins a hash of so many bytes. `onProgress` hears how many of them are done. */
  start<Algorithm extends IntegrityAlgorithm>(
    algorithm: Algorithm,
    size: number,
    onProgress?: OnProgress,
  ): RunningHash<Algorithm> {
    const id = this.#id++
    const place = this.#choose(size)
    return {
      update: (offset, length) =>
        place.hasher.postMessage({ id, algorithm, range: { offset, length }, isLast: false }),
      digest: (signal) => this.#finish(place, { id, algorithm, isLast: true }, onProgress, signal),
    }
  }

  /** The digest of one range. */
  hash<Algorithm extends IntegrityAlgorithm>(
    algorithm: Algorithm,
    range: Range,
    { onProgress, signal }: RangeHashOptions = {},
  ): Promise<`${Algorithm}:${string}`> {
    const request = { id: this.#id++, algorithm, range, isLast: true }
    return this.#finish(this.#choose(range.length), request, onProgress, signal)
  }

  /** The place that has least to do. */
  #choose(size: number): Place {
    let place = this.#here
    if (place.bytes + size > DONE_HERE) {
      if (this.#threads.length < this.#maxThreads)
        this.#threads.push({ hasher: this.#startThread(), bytes: 0 })
      place = this.#threads.reduce((one, other) => (other.bytes < one.bytes ? other : one))
    }
    place.bytes += size
    return place
  }

  /** Does each request by itself, between what else this thread does. */
  #makeHasher(): Place["hasher"] {
    let hasher: RangeHasher | undefined
    let isClosed = false
    const work = (request: HashRequest) => {
      // By now another file may have the number of this one.
      if (isClosed) return
      try {
        hasher ??= new RangeHasher(this.#fd, (reply) => this.#take(reply))
        hasher.do(request)
      } catch (error) {
        this.#fail(error)
      }
    }
    return {
      postMessage: (request) => void setImmediate(work, request),
      terminate: async () => {
        isClosed = true
      },
    }
  }

  #startThread(): Worker {
    const script = new URL(`./hash-worker${extname(import.meta.url)}`, import.meta.url)
    const worker = new Worker(script, { workerData: { fd: this.#fd } })
    worker.on("error", (error) => this.#fail(error))
    worker.on("message", (reply: HashReply) => this.#take(reply))
    return worker
  }

  #finish<Algorithm extends IntegrityAlgorithm>(
    { hasher }: Place,
    request: HashRequest & { algorithm: Algorithm },
    onProgress: OnProgress,
    signal: AbortSignal | undefined,
  ): Promise<`${Algorithm}:${string}`> {
    const { promise, resolve, reject } = Promise.withResolvers<`${Algorithm}:${string}`>()
    const stop = () => reject(signal?.reason)
    if (this.#failure !== undefined) reject(this.#failure.reason)
    else if (signal?.aborted) stop()
    else {
      // The thread answers with the algorithm that it is asked for.
      const answer = resolve as Pending["resolve"]
      this.#pending.set(request.id, { onProgress, resolve: answer, reject })
      signal?.addEventListener("abort", stop, { once: true })
      hasher.postMessage(request)
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
    await Promise.all([this.#here, ...this.#threads].map(({ hasher }) => hasher.terminate()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #take(reply: HashReply): void {
    const pending = this.#pending.get(reply.id)
    if ("position" in reply) {
      pending?.onProgress?.(reply.position)
    } else if ("failure" in reply) {
      pending?.reject(new UnreadableRange(reply.failure))
    } else {
      pending?.resolve(reply.digest)
    }
  }

  #fail(reason: unknown): void {
    this.#failure ??= { reason }
    for (const { reject } of this.#pending.values()) reject(reason)
  }
}
