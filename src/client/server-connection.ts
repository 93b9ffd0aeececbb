import { z } from "zod"
import { BUNDLE_TYPE } from "../api/bundle.ts"
import { WaybillError } from "../errors/waybill-error.ts"
import type { Clock } from "../http/clock.ts"
import type { HttpError } from "../http/http-error.ts"
import type { LeastRate } from "../http/least-rate.ts"
import { discard, type HttpRequest, type HttpResponse, header } from "../http/message.ts"
import { NetworkError } from "../http/network-error.ts"
import { networkFailure } from "../http/network-failure.ts"
import { type RetryOptions, RetryPolicy, withRetry } from "../http/retry.ts"
import { tlsInstead } from "../http/tls-instead.ts"
import type { Transport } from "../http/transport.ts"
import { ClientError, type ClientErrorCode } from "./client-error.ts"
import { readAnswer, readProblem } from "./server-answer.ts"

/** Whoever waits for a server sits before it, as a rule; a registry has its reasons to be slow. */
const PATIENCE: RetryOptions = { attempts: 5, baseDelay: 300, maxRetryAfter: 60_000 }

/** Of the API's own description: OpenAPI 3.1, info object. */
const descriptionSchema = z.object({ info: z.object({ version: z.string().max(100) }) })

export interface Call {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  /** Behind `/api/v1/`, its parts encoded. */
  path: string
  query?: Record<string, string | number | boolean | readonly string[] | undefined> | undefined
  body?: unknown
  /** Sent as it is, in place of `body`: a bundle, or a part of one. A stream is sent once. */
  bundle?: Uint8Array | AsyncIterable<Uint8Array> | undefined
  headers?: Record<string, string> | undefined
  /**
   * Whether doing it twice is doing it once. Only then it is sent again when its answer is lost; what never reached
   * the server is sent again in any case. Default: what GET, PUT and DELETE are by definition (RFC 9110, 9.2.2).
   */
  repeatable?: boolean | undefined
  signal?: AbortSignal | undefined
}

export interface ConnectionOptions {
  url: URL
  token: string
  clock: Clock
  transport: Transport
  /** Ends questions that have no signal of their own. */
  signal?: AbortSignal | undefined
}

/** The API of one server, request by request. The token goes to that server alone: no redirect is followed. */
export class ServerConnection {
  readonly #options: ConnectionOptions
  /** Whether it has answered in a way that what speaks TLS does not. */
  #isUnderstood = false
  readonly #retry: RetryPolicy

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#retry = new RetryPolicy(options.clock, PATIENCE)
  }

  get retry(): RetryPolicy {
    return this.#retry
  }

  get leastRate(): LeastRate {
    return this.#options.transport.leastRate
  }

  get clock(): Clock {
    return this.#options.clock
  }

  /** Sends a request and reads what it answers. Throws errors of the domain, or a `ClientError`. */
  async call<Schema extends z.ZodType>(call: Call, schema: Schema): Promise<z.output<Schema>> {
    return (await this.measured(call, schema)).answer
  }

  /** The same with the size of the answer's text, in bytes. */
  measured<Schema extends z.ZodType>(
    call: Call,
    schema: Schema,
  ): Promise<{ answer: z.output<Schema>; size: number }> {
    return this.#retried(call, (response) => readAnswer(response, schema))
  }

  /** Sends a request once, for its caller to read the answer. */
  async open(call: Call): Promise<HttpResponse> {
    let response: HttpResponse | undefined
    try {
      response = await this.#send(call)
      if (response.status >= 200 && response.status < 300) return response
      throw await readProblem(response, this.clock.now())
    } catch (error) {
      call.signal?.throwIfAborted()
      throw await this.#explain(error, call, response)
    }
  }

  /** The same where nothing is answered, of what removes one thing: done before is done. */
  async remove(call: Omit<Call, "method">): Promise<void> {
    await this.#retried({ ...call, method: "DELETE" }, discard, (error) => error.code.endsWith("_NOT_FOUND"))
  }

  /** The same of what removes several, of which one that is not there says nothing of the others: sent again only unsent. */
  async removeSeveral(call: Pick<Call, "path" | "body" | "signal">): Promise<void> {
    await this.#retried({ ...call, method: "POST", repeatable: false }, discard)
  }

  /** A resource with its entity tag. */
  async read<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    signal: AbortSignal | undefined,
  ): Promise<{ resource: z.output<Schema>; etag: string }> {
    return this.#retried({ method: "GET", path, signal }, async (response) => ({
      resource: (await readAnswer(response, schema)).answer,
      etag: header(response, "etag") ?? "",
    }))
  }

  /** The version of the server, and its clock. */
  async about(signal: AbortSignal | undefined): Promise<{ version: string; time: Date | undefined }> {
    return this.#retried({ method: "GET", path: "openapi.json", signal }, async (response) => {
      const { answer } = await readAnswer(response, descriptionSchema)
      const time = Date.parse(header(response, "date") ?? "")
      return { version: answer.info.version, time: Number.isNaN(time) ? undefined : new Date(time) }
    })
  }

  async #retried<Result>(
    given: Call,
    read: (response: HttpResponse) => Promise<Result>,
    isDone: (error: WaybillError) => boolean = () => false,
  ): Promise<Result> {
    const { method, repeatable = method !== "POST" && method !== "PATCH" } = given
    // A change may be one that has to be done whatever happens.
    const { signal = method === "GET" ? this.#options.signal : undefined } = given
    const call = { ...given, signal }
    let mayBeDone = false
    const attempt = async () => {
      let response: HttpResponse | undefined
      try {
        response = await this.#send(call)
        if (response.status !== 400) this.#isUnderstood = true
        if (response.status >= 200 && response.status < 300) return await read(response)
        throw await readProblem(response, this.clock.now())
      } catch (error) {
        signal?.throwIfAborted()
        const failure = await this.#explain(error, call, response)
        if (response && mayBeDone && failure instanceof WaybillError && isDone(failure)) return read(response)
        mayBeDone ||= failure instanceof ClientError && !failure.unsent
        throw failure
      }
    }
    const mayRepeat = ({ transient, unsent }: HttpError) => transient && (repeatable || unsent)
    return withRetry(this.#retry, { signal, mayRepeat }, attempt)
  }

  async #explain(error: unknown, call: Call, response: HttpResponse | undefined): Promise<unknown> {
    const { url } = this.#options
    if (this.#isUnderstood) return explain(error, call, url)
    const sign = response?.status ?? networkFailure(error, call.method, url)
    const hint = "write its address as https://"
    return explain((await tlsInstead(sign, url, { hint, cause: error })) ?? error, call, url)
  }

  async #send({ method, path, query = {}, body, bundle, headers, signal }: Call): Promise<HttpResponse> {
    signal?.throwIfAborted()
    const { transport, token } = this.#options
    const url = new URL(`api/v1/${path}`, this.#options.url)
    for (const [name, value] of Object.entries(query)) {
      for (const each of [value].flat()) if (each !== undefined) url.searchParams.append(name, String(each))
    }
    const request: HttpRequest = {
      method,
      url,
      headers: {
        accept: "application/json",
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(bundle !== undefined && { "content-type": BUNDLE_TYPE }),
        ...headers,
      },
      body: body === undefined ? bundle : Buffer.from(JSON.stringify(body)),
      signal,
    }
    return transport.send(request)
  }
}

/** Names the server where the network fails. */
export function explain(error: unknown, { method }: Pick<Call, "method">, url: URL): unknown {
  const failure = networkFailure(error, method, url)
  if (!(failure instanceof NetworkError)) return failure
  const told = (code: ClientErrorCode, hint: string | undefined) =>
    new ClientError(code, failure.message, { ...failure, cause: error, hint })
  switch (failure.code) {
    case "INVALID_RESPONSE":
      return told("INVALID_ANSWER", "check the address and its port: that is no Waybill server")
    case "TLS_FAILED":
      return told("SERVER_UNREACHABLE", failure.hint)
    case "PLAIN_HTTP":
      return told("SERVER_UNREACHABLE", "write its address as http://, if it is on this machine")
    case "UNREACHABLE":
      return told(
        "SERVER_UNREACHABLE",
        "check the server's address, that it is running, and the network and proxy settings",
      )
    default:
      return told(
        "CONNECTION_LOST",
        "the server may or may not have done it: look, and run the same command again",
      )
  }
}
