import { z } from "zod"
import { WaybillError } from "../errors/waybill-error.ts"
import type { Clock } from "../registry/clock.ts"
import { networkError } from "../registry/network-error.ts"
import { RegistryError } from "../registry/registry-error.ts"
import {
  discard,
  type HttpRequest,
  type HttpResponse,
  header,
  type Transport,
} from "../registry/transport.ts"
import { ClientError } from "./client-error.ts"
import { readAnswer, readProblem } from "./server-answer.ts"

/** Tries of one request, in all. */
const ATTEMPTS = 5
/** The same where nothing can be reached at all. */
const CONNECT_ATTEMPTS = 2
/** Before the second try, in milliseconds; doubled each time. */
const BASE_DELAY = 300
/** The longest `Retry-After` that is waited for, in milliseconds. */
const MAX_RETRY_AFTER = 60_000

/** Of the API's own description: OpenAPI 3.1, info object. */
const descriptionSchema = z.object({ info: z.object({ version: z.string().max(100) }) })

export interface Call {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  /** Behind `/api/v1/`, its parts encoded. */
  path: string
  query?: Record<string, string | number | boolean | undefined> | undefined
  body?: unknown
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

  constructor(options: ConnectionOptions) {
    this.#options = options
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

  /** The same where nothing is answered, of what removes: done before is done. */
  async remove(call: Omit<Call, "method">): Promise<void> {
    await this.#retried({ ...call, method: "DELETE" }, discard, (error) => error.code.endsWith("_NOT_FOUND"))
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
    // A change may be one that has to be done whatever happens.
    const { signal = given.method === "GET" ? this.#options.signal : undefined } = given
    const call = { ...given, signal }
    let mayBeDone = false
    for (let tries = 1; ; tries++) {
      let response: HttpResponse | undefined
      try {
        response = await this.#send(call)
        if (response.status >= 200 && response.status < 300) return await read(response)
        throw await readProblem(response, this.clock.now())
      } catch (error) {
        signal?.throwIfAborted()
        const failure = explain(error, call, this.#options.url)
        if (response && mayBeDone && failure instanceof WaybillError && isDone(failure)) return read(response)
        if (!(failure instanceof ClientError) || !mayRepeat(failure, call)) throw failure
        const isAway = failure.code === "SERVER_UNREACHABLE"
        if (tries >= (isAway ? CONNECT_ATTEMPTS : ATTEMPTS)) throw failure
        mayBeDone ||= !isAway
        await this.#wait(failure, tries, signal)
      }
    }
  }

  async #send({ method, path, query = {}, body, headers, signal }: Call): Promise<HttpResponse> {
    signal?.throwIfAborted()
    const { transport, token } = this.#options
    const url = new URL(`api/v1/${path}`, this.#options.url)
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    const request: HttpRequest = {
      method,
      url,
      headers: {
        accept: "application/json",
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : Buffer.from(JSON.stringify(body)),
      signal,
    }
    return transport.send(request)
  }

  async #wait(failure: ClientError, tries: number, signal: AbortSignal | undefined): Promise<void> {
    const asked = failure.retryAfter ?? 0
    if (asked > MAX_RETRY_AFTER) throw failure
    const full = BASE_DELAY * 2 ** (tries - 1)
    await this.clock.sleep(Math.max(asked, full / 2 + (full / 2) * this.clock.random()), signal)
  }
}

function mayRepeat(
  { code, transient }: ClientError,
  { method, repeatable = method !== "POST" && method !== "PATCH" }: Call,
): boolean {
  return transient && (repeatable || code === "SERVER_UNREACHABLE")
}

/** Names the server where the network fails. */
function explain(error: unknown, { method }: Call, url: URL): unknown {
  if (error instanceof WaybillError && !(error instanceof RegistryError)) return error
  const failure = networkError(error, method, url)
  if (!(failure instanceof RegistryError)) return failure
  if (failure.code === "INVALID_RESPONSE") {
    return new ClientError("INVALID_ANSWER", failure.message, {
      cause: error,
      hint: "check the address and its port: that is no Waybill server",
    })
  }
  if (failure.code === "TLS_FAILED" || failure.code === "PLAIN_HTTP") {
    return new ClientError("SERVER_UNREACHABLE", failure.message, { cause: error, hint: tlsHint(failure) })
  }
  if (failure.code === "REGISTRY_UNREACHABLE") {
    return new ClientError("SERVER_UNREACHABLE", failure.message, {
      transient: true,
      cause: error,
      hint: "check the server's address, that it is running, and the network and proxy settings",
    })
  }
  return new ClientError("CONNECTION_LOST", failure.message, {
    transient: failure.transient,
    cause: error,
    hint: "the server may or may not have done it: look, and run the same command again",
  })
}

function tlsHint({ code, hint }: RegistryError): string | undefined {
  return code === "PLAIN_HTTP" ? "write its address as http://, if it is on this machine" : hint
}
