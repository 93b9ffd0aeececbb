import type { OperationOptions } from "../content/interfaces.ts"
import { breakOff, type HttpResponse, header } from "../http/message.ts"
import { ClientError } from "./client-error.ts"
import { releasePath } from "./paths.ts"
import { explain, type ServerConnection } from "./server-connection.ts"

/**
 * The bundle of a release, as a server gives it. Where the connection breaks, it goes on from the byte that it reached. What the bytes are is for the
 * reader to prove.
 */
export class BundleDownload {
  readonly #server: ServerConnection
  readonly #id: number
  readonly #signal: AbortSignal | undefined
  #position = 0
  #etag: string | undefined

  constructor(server: ServerConnection, id: number, { signal }: OperationOptions = {}) {
    this.#server = server
    this.#id = id
    this.#signal = signal
  }

  /** Throws `ClientError`, and errors of the domain. */
  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    const { leastRate, retry } = this.#server
    for (let failures = 0; ; ) {
      const reached = this.#position
      try {
        const response = await this.#request()
        for await (const chunk of this.#body(response)) {
          this.#position += chunk.length
          yield chunk
        }
        return
      } catch (error) {
        this.#signal?.throwIfAborted()
        if (!(error instanceof ClientError) || !error.transient) throw error
        failures = leastRate.isProgress(this.#position - reached, error) ? 1 : failures + 1
        await retry.next(error, failures, this.#signal)
      }
    }
  }

  async #request(): Promise<HttpResponse> {
    const resumed = this.#etag !== undefined && this.#position > 0
    const response = await this.#server.open({
      method: "GET",
      path: `${releasePath(this.#id)}/bundle`,
      headers: {
        accept: "*/*",
        // What a proxy compresses on the way has other ranges than those that are asked for.
        "accept-encoding": "identity",
        ...(resumed && { range: `bytes=${this.#position}-`, "if-range": this.#etag ?? "" }),
      },
      signal: this.#signal,
    })
    const etag = header(response, "etag")
    if (this.#position > 0 && etag !== this.#etag) {
      breakOff(response)
      throw new ClientError("INVALID_ANSWER", "the bundle is another by now than the one that broke off", {
        hint: "the release was made final meanwhile, or is another: run the same command again",
      })
    }
    this.#etag = etag
    return response
  }

  /** The bytes of an answer from the position on: a server may answer a range with the whole (RFC 9110, section 14.2). */
  async *#body(response: HttpResponse): AsyncGenerator<Uint8Array, void, undefined> {
    const { url, status } = response
    const start = /^bytes ([0-9]+)-/.exec(header(response, "content-range") ?? "")?.[1]
    if (status === 206 && Number(start) !== this.#position) {
      breakOff(response)
      throw new ClientError(
        "INVALID_ANSWER",
        `${url.host} gives another part of the bundle than was asked for`,
      )
    }
    let skip = status === 206 ? 0 : this.#position
    const watch = this.#server.leastRate.watch("GET", url, (error) => response.body.destroy(error))
    try {
      watch.wait()
      for await (const part of response.body as AsyncIterable<Uint8Array>) {
        watch.stop()
        watch.moved(part.length)
        const chunk = part.subarray(skip)
        skip -= Math.min(skip, part.length)
        if (chunk.length > 0) yield chunk
        watch.wait()
      }
    } catch (error) {
      throw explain(error, { method: "GET" }, url)
    } finally {
      watch.end()
    }
  }
}
