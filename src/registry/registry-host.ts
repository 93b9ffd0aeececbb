import { resolveLocation } from "../http/location.ts"
import { discard, type HttpRequest, type HttpResponse, header, isStream } from "../http/message.ts"
import type { NetworkError } from "../http/network-error.ts"
import { networkFailure } from "../http/network-failure.ts"
import { withRetry } from "../http/retry.ts"
import { tlsInstead } from "../http/tls-instead.ts"
import { type Access, Authenticator, type AuthenticatorOptions } from "./authenticator.ts"
import { findEndpoint } from "./endpoint.ts"
import { RegistryError } from "./registry-error.ts"
import { registryFailure } from "./registry-failure.ts"
import { responseError } from "./response-error.ts"
import { waitFor } from "./single-flight.ts"
import { UploadLimit } from "./upload-limit.ts"

const REDIRECTS = new Set([301, 302, 303, 307, 308])
const MAX_REDIRECTS = 5

export interface RegistryCall {
  method: HttpRequest["method"]
  /** A path from the registry's root, or a URL that the registry gave. */
  target: string | URL
  access: Access
  headers?: Record<string, string> | undefined
  /** Bytes can be sent again; a stream is sent once, so that a call with one is never repeated. */
  body?: Uint8Array | AsyncIterable<Uint8Array> | undefined
  /** Statuses besides 2xx that the caller deals with; any other is thrown. */
  accept?: readonly number[] | undefined
  /** Do not repeat it: its success does not matter. */
  once?: boolean | undefined
  signal?: AbortSignal | undefined
}

export interface RegistryHostOptions extends Omit<AuthenticatorOptions, "registry"> {
  /** Milliseconds to find out whether a loopback address speaks TLS. */
  connectTimeout: number
  /** Milliseconds to wait for all pages of a list. */
  listTimeout: number
}

/** One registry: where it is, who we are to it, and how it is asked until it answers. */
export class RegistryHost {
  readonly registry: string
  readonly uploadLimit = new UploadLimit()
  readonly options: RegistryHostOptions
  readonly #authenticator: Authenticator
  #endpoint: Promise<URL> | undefined
  #reached = false
  #isUnderstood = false

  constructor(registry: string, options: RegistryHostOptions) {
    this.registry = registry
    this.options = options
    this.#authenticator = new Authenticator({ ...options, registry })
  }

  /**
   * Asks the registry: authenticated, redirected, repeated where that can help. The caller has to read the body of
   * the answer, or to give it to `discard`. Throws `RegistryError`.
   */
  call(call: RegistryCall): Promise<HttpResponse> {
    return this.read(call, async (response) => response)
  }

  /** The same with what `read` makes of the answer. It is asked for again where it breaks off while it is read. */
  async read<Result>(call: RegistryCall, read: (response: HttpResponse) => Promise<Result>): Promise<Result> {
    const attempt = async () => {
      try {
        return await read(await this.#attempt(call))
      } catch (error) {
        throw registryFailure(error)
      }
    }
    if (call.once || isStream(call.body)) return attempt()
    const { signal } = call
    return withRetry(this.options.retry, { signal, reached: () => this.#reached }, attempt)
  }

  /** Whether it has asked who we are. */
  get asksForLogin(): boolean {
    return this.#authenticator.wasAsked
  }

  /** Resolves a location or link that the registry gave in its answer to `from`. */
  resolve(from: URL, location: string): URL {
    try {
      return resolveLocation(from, location, this.options.plainHttp)
    } catch (error) {
      throw registryFailure(error)
    }
  }

  async #attempt(call: RegistryCall): Promise<HttpResponse> {
    const base = await this.#base(call.signal)
    const url = new URL(call.target, base)
    // Locations may name another host; what proves who we are is for the registry alone.
    const own = url.origin === base.origin
    const authorization = own ? await this.#authenticator.authorization(call.access, call.signal) : undefined
    const response = await this.#send(call, url, base, authorization)
    if (response.status !== 401 || response.url.origin !== base.origin)
      return this.#check(call, base, response, authorization)

    const refusal = await this.#error(call, base, response, authorization)
    if (isStream(call.body)) {
      this.#authenticator.reject(call.access, authorization)
      throw refusal
    }
    const challenge = header(response, "www-authenticate") ?? ""
    const answer = await this.#authenticator.answer(challenge, base, call.access, authorization, call.signal)
    if (answer === undefined) throw refusal
    return this.#check(call, base, await this.#send(call, url, base, answer), answer)
  }

  async #check(
    call: RegistryCall,
    base: URL,
    response: HttpResponse,
    authorization: string | undefined,
  ): Promise<HttpResponse> {
    const { status } = response
    if ((status >= 200 && status < 300) || call.accept?.includes(status)) return response
    throw await this.#error(call, base, response, authorization)
  }

  async #error(
    call: RegistryCall,
    base: URL,
    response: HttpResponse,
    authorization: string | undefined,
  ): Promise<unknown> {
    const { url, status } = response
    const isTls = await this.#tlsInstead(status, url)
    if (isTls !== undefined) {
      await discard(response)
      return registryFailure(isTls)
    }
    const login = status === 401 ? await this.#authenticator.loginOf(call.access.repository) : undefined
    const { method } = call
    const isToken = authorization?.startsWith("Bearer ")
    const refused = url.origin !== base.origin ? "elsewhere" : isToken ? "token" : "login"
    const now = this.options.clock.now()
    return responseError(response, { method, registry: this.registry, login, refused, now })
  }

  /** Sends one request and follows its redirects, without credentials wherever they leave the registry. */
  async #send(call: RegistryCall, first: URL, base: URL, authorization?: string): Promise<HttpResponse> {
    let url = first
    let own = authorization
    for (let redirects = 0; ; redirects++) {
      const response = await this.#sendOnce(call, url, own)
      const location = header(response, "location")
      if (!REDIRECTS.has(response.status) || location === undefined || !mayFollow(call, response.status)) {
        return response
      }
      await discard(response)
      if (redirects === MAX_REDIRECTS) {
        throw new RegistryError(
          "INVALID_RESPONSE",
          `${first.host} redirects more than ${MAX_REDIRECTS} times`,
        )
      }
      url = this.resolve(url, location)
      if (url.origin !== base.origin) own = undefined
    }
  }

  async #sendOnce(call: RegistryCall, url: URL, authorization: string | undefined): Promise<HttpResponse> {
    const headers = { ...call.headers, ...(authorization === undefined ? {} : { authorization }) }
    try {
      const { method, body, signal } = call
      const response = await this.options.transport.send({ method, url, headers, body, signal })
      this.#reached = true
      if (response.status !== 400) this.#isUnderstood = true
      return response
    } catch (error) {
      call.signal?.throwIfAborted()
      const failure = networkFailure(error, call.method, url)
      throw (await this.#tlsInstead(failure, url)) ?? failure
    }
  }

  /** Asked of what has never answered as a registry does. */
  async #tlsInstead(failure: unknown, url: URL): Promise<NetworkError | undefined> {
    if (this.#isUnderstood) return undefined
    return tlsInstead(failure, url, { hint: "leave --plain-http out" })
  }

  #base(signal: AbortSignal | undefined): Promise<URL> {
    if (this.#endpoint === undefined) {
      const { plainHttp, connectTimeout, closed } = this.options
      this.#endpoint = findEndpoint(this.registry, plainHttp, connectTimeout, closed)
      this.#endpoint.catch(() => {
        this.#endpoint = undefined
      })
    }
    return waitFor(this.#endpoint, signal)
  }
}

/** Only 307 and 308 keep method and body (RFC 9110, 15.4). */
function mayFollow(call: RegistryCall, status: number): boolean {
  if (call.method === "GET" || call.method === "HEAD") return true
  return !isStream(call.body) && (status === 307 || status === 308)
}
