import { createSecureContext, getCACertificates, type SecureContext } from "node:tls"
import { Agent, type Dispatcher, EnvHttpProxyAgent } from "undici"
import { LeastRate, type RateOptions } from "./least-rate.ts"
import { isLoopback } from "./loopback.ts"
import type { HttpRequest, HttpResponse } from "./message.ts"
import { NetworkError } from "./network-error.ts"
import { WatchedRequest } from "./watched-request.ts"

interface TlsOptions {
  /** Certificates in PEM that are trusted besides the default ones. */
  ca?: string | Buffer | readonly (string | Buffer)[] | undefined
  /** Client certificate and its key, in PEM. */
  cert?: string | Buffer | undefined
  key?: string | Buffer | undefined
}

/** As `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` have it: each for requests of that scheme alone. */
interface ProxyOptions {
  httpProxy?: string | undefined
  httpsProxy?: string | undefined
  noProxy?: string | undefined
}

/** In milliseconds. */
interface TimeoutOptions {
  /** To connect, TLS included. Default 10,000. */
  connect?: number | undefined
  /** Until an answer begins. Default 60,000. */
  answer?: number | undefined
  /** The same for `PUT` and `PATCH`, or without any byte taken. Default 300,000: registries may move a blob first. */
  upload?: number | undefined
  /** Without a byte of an answer's body. Default 60,000. */
  body?: number | undefined
  /** To read a small answer whole: a manifest, a page of a list, a token. Default 120,000. */
  document?: number | undefined
  /** To wait for the pages of one list, all together. Default an hour. */
  list?: number | undefined
}

export interface TransportOptions {
  tls?: TlsOptions | undefined
  proxy?: ProxyOptions | undefined
  timeouts?: TimeoutOptions | undefined
  /** Of downloads and uploads of content. */
  leastRate?: RateOptions | undefined
  userAgent?: string | undefined
}

/** Sends single requests over pooled connections. Knows no registry: no authentication, no retry, no redirect. */
export class Transport {
  /** Loopback is never reached through a proxy. */
  readonly #direct: Dispatcher
  readonly #outward: Dispatcher
  readonly #proxied: ReadonlySet<string>
  readonly #timeouts: { answer: number; upload: number; document: number }
  readonly leastRate: LeastRate
  readonly #userAgent: string

  constructor(options: TransportOptions) {
    const { tls = {}, proxy = {}, timeouts = {} } = options
    const context = secureContext(tls)
    const connect = context === undefined ? {} : { secureContext: context }
    const common = {
      // One HTTP/2 connection carries bulk data slower than several HTTP/1.1 ones.
      allowH2: false,
      connectTimeout: timeouts.connect ?? 10_000,
      bodyTimeout: timeouts.body ?? 60_000,
    }
    this.#direct = new Agent({ ...common, connect: { ...connect, timeout: common.connectTimeout } })
    this.#outward = new EnvHttpProxyAgent({
      ...common,
      connect: { ...connect, timeout: common.connectTimeout },
      requestTls: connect,
      proxyTls: connect,
      // Empty texts keep undici from reading the environment by itself.
      httpProxy: proxyUrl(proxy.httpProxy),
      httpsProxy: proxyUrl(proxy.httpsProxy),
      noProxy: proxy.noProxy ?? "",
    })
    this.#proxied = new Set([proxy.httpProxy ? "http:" : "", proxy.httpsProxy ? "https:" : ""])
    this.#timeouts = {
      answer: timeouts.answer ?? 60_000,
      upload: timeouts.upload ?? 300_000,
      document: timeouts.document ?? 120_000,
    }
    this.leastRate = new LeastRate(options.leastRate)
    this.#userAgent = options.userAgent ?? "waybill"
  }

  /** Sends a request. The body of its answer has to be read, or given to `discard`. */
  async send(request: HttpRequest): Promise<HttpResponse> {
    request.signal?.throwIfAborted()
    const { url, method } = request
    const proxied = this.#proxied.has(url.protocol) && !isLoopback(url.hostname)
    const timeout = method === "PUT" || method === "PATCH" ? this.#timeouts.upload : this.#timeouts.answer
    const watched = new WatchedRequest(request, this.leastRate, timeout)
    try {
      const response = await (proxied ? this.#outward : this.#direct).request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headersTimeout: timeout,
        headers: { "user-agent": this.#userAgent, ...request.headers },
        body: watched.body as Uint8Array | null,
        signal: watched.signal,
        // By default undici closes the connection after each HEAD.
        reset: false,
      })
      watched.answered(response)
      return {
        status: response.statusCode,
        url,
        headers: response.headers,
        body: response.body,
        documentTimeout: this.#timeouts.document,
      }
    } catch (error) {
      watched.failed()
      throw error
    }
  }

  /** Breaks every connection. */
  async destroy(): Promise<void> {
    await Promise.all([this.#direct.destroy(), this.#outward.destroy()])
  }
}

/** People leave out the scheme, as curl and others allow. A proxy's password must not get into a message. */
function proxyUrl(text = ""): string {
  if (text === "") return ""
  const url = text.includes("://") ? text : `http://${text}`
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url
  throw new NetworkError("PROXY_INVALID", "the proxy is not an HTTP URL", {
    hint: "HTTP_PROXY and HTTPS_PROXY are http://host:port or https://host:port",
  })
}

function secureContext(tls: TlsOptions): SecureContext | undefined {
  if (tls.ca === undefined && tls.cert === undefined && tls.key === undefined) return undefined
  const extra = tls.ca === undefined ? [] : [tls.ca].flat()
  try {
    return createSecureContext({
      ca: [...getCACertificates("default"), ...extra],
      ...(tls.cert === undefined ? {} : { cert: tls.cert }),
      ...(tls.key === undefined ? {} : { key: tls.key }),
    })
  } catch (cause) {
    throw new NetworkError(
      "TLS_FAILED",
      "the TLS certificates cannot be used: one is no PEM, or the key belongs to another certificate",
      {
        cause,
        hint: "certificates and keys are files in PEM, and a client certificate needs its key",
      },
    )
  }
}
