import { extname } from "node:path"
import { Worker } from "node:worker_threads"
import type { FileDigest, IntegrityAlgorithm } from "./integrity.ts"
import { PassingHasher, type PassingReply, type PassingRequest } from "./passing-hasher.ts"

/** Given to the thread at once, in bytes. What is no longer than that is hashed without one. */
const BUFFER_SIZE = 1024 * 1024
/** They go to and fro between the threads, so that memory stays bounded and whoever is faster waits. */
const BUFFERS = 4

/** Hashes on another thread what passes through a pipe. */
export class PassingHash implements AsyncDisposable {
  readonly #algorithms: readonly IntegrityAlgorithm[]
  readonly #free: Uint8Array<ArrayBuffer>[] = []
  readonly #digests = Promise.withResolvers<FileDigest[]>()
  #worker: Worker | undefined
  #buffer = new Uint8Array(BUFFER_SIZE)
  #filled = 0
  #made = 1
  /** Wakes who waits for a buffer. */
  #wake: (() => void) | undefined
  #failure: { reason: unknown } | undefined

  constructor(algorithms: readonly IntegrityAlgorithm[]) {
    this.#algorithms = algorithms
    // Whoever asks for them sees the failure; until then nobody may.
    this.#digests.promise.catch(() => undefined)
  }

  /** Passes chunks on, each when it is copied for the hash. Where nothing is to be hashed they stay as they are. */
  through(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    return this.#algorithms.length === 0 ? chunks : this.#copied(chunks)
  }

  async *#copied(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) {
        const part = chunk.subarray(at, at + BUFFER_SIZE - this.#filled)
        this.#buffer.set(part, this.#filled)
        this.#filled += part.length
        at += part.length
        if (this.#filled === BUFFER_SIZE) await this.#send()
      }
      yield chunk
    }
  }

  /** The digests of all that has passed, once. */
  async digests(): Promise<FileDigest[]> {
    const request = { bytes: this.#buffer.subarray(0, this.#filled), isLast: true }
    if (this.#worker === undefined) return new PassingHasher(this.#algorithms).do(request).digests ?? []
    this.#worker.postMessage(request satisfies PassingRequest)
    return this.#digests.promise
  }

  /** Ends the thread; what is not finished fails. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#fail(new Error("the hash is closed"))
    await this.#worker?.terminate()
  }

  async #send(): Promise<void> {
    this.#worker ??= this.#start()
    const request: PassingRequest = { bytes: this.#buffer, isLast: false }
    this.#worker.postMessage(request, [this.#buffer.buffer])
    this.#filled = 0
    this.#buffer = await this.#nextBuffer()
  }

  async #nextBuffer(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#made < BUFFERS) {
      this.#made++
      return new Uint8Array(BUFFER_SIZE)
    }
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.reason
      const buffer = this.#free.shift()
      if (buffer !== undefined) return buffer
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #start(): Worker {
    const script = new URL(`./hash-worker${extname(import.meta.url)}`, import.meta.url)
    const worker = new Worker(script, { workerData: { algorithms: this.#algorithms } })
    worker.on("error", (error) => this.#fail(error))
    worker.on("message", ({ bytes, digests }: PassingReply) => {
      if (digests !== undefined) return this.#digests.resolve(digests)
      this.#free.push(bytes)
      this.#wake?.()
    })
    return worker
  }

  #fail(reason: unknown): void {
    this.#failure ??= { reason }
    this.#digests.reject(reason)
    this.#wake?.()
  }
}
