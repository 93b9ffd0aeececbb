import { errors } from "undici"
import type { LeastRate } from "./least-rate.ts"
import type { HttpRequest, HttpResponse } from "./message.ts"
import { WaitingTime } from "./waiting-time.ts"

/** In bytes. What a peer takes is seen between two of these: of megabytes at once, a slow peer would seem to take none. */
const SLICE = 256 * 1024

/**
 * A request that ends when its peer takes too little of a streamed body, or does not begin its answer in time. The
 * limits of undici begin again with each interim answer (1xx), of which there may be any number.
 */
export class WatchedRequest {
  readonly #request: HttpRequest
  readonly #rate: LeastRate
  readonly #patience: WaitingTime
  readonly #stop = new AbortController()
  readonly #onAbort = () => this.#stop.abort(this.#request.signal?.reason)

  /** `answerTime` is in milliseconds, from when all has been sent. */
  constructor(request: HttpRequest, rate: LeastRate, answerTime: number) {
    this.#request = request
    this.#rate = rate
    this.#patience = new WaitingTime(answerTime, () => this.#stop.abort(new errors.HeadersTimeoutError()))
    // Not `AbortSignal.any`: what that makes stays as long as the signal that it was made of.
    request.signal?.addEventListener("abort", this.#onAbort, { once: true })
  }

  get signal(): AbortSignal {
    return this.#stop.signal
  }

  get body(): Uint8Array | AsyncIterable<Uint8Array> | null {
    const { body = null } = this.#request
    if (body !== null && !(body instanceof Uint8Array)) return this.#slices(body)
    this.#patience.wait()
    return body
  }

  /** The answer has begun: only an abort ends it now. */
  answered({ body }: Pick<HttpResponse, "body">): void {
    this.#patience.end()
    body.once("close", () => this.#forget())
  }

  failed(): void {
    this.#patience.end()
    this.#forget()
  }

  #forget(): void {
    this.#request.signal?.removeEventListener("abort", this.#onAbort)
  }

  async *#slices(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    const { method, url } = this.#request
    const watch = this.#rate.watch(method, url, (error) => this.#stop.abort(error))
    try {
      for await (const chunk of source) {
        for (let at = 0; at < chunk.length; at += SLICE) {
          const slice = chunk.subarray(at, at + SLICE)
          watch.moved(slice.length)
          watch.wait()
          yield slice
          watch.stop()
        }
      }
      this.#patience.wait()
    } finally {
      watch.end()
    }
  }
}
