import type { OperationOptions } from "../content/interfaces.ts"
import type { Clock } from "../http/clock.ts"
import { discard } from "../http/message.ts"
import { type RetryOptions, RetryPolicy } from "../http/retry.ts"
import { Transport, type TransportOptions } from "../http/transport.ts"
import type { CredentialStore } from "./credentials.ts"
import { RegistryHost } from "./registry-host.ts"
import { Repository } from "./repository.ts"

export interface RegistryClientOptions extends TransportOptions {
  /** Without it all access is anonymous. */
  credentials?: CredentialStore | undefined
  /** Plain HTTP to every host. Default: to loopback addresses alone, and only where they do not speak TLS. */
  plainHttp?: boolean | undefined
  clock: Clock
  retry?: RetryOptions | undefined
}

/** What all repositories share: connections, tokens, and the patience with a registry. */
export class RegistryClient {
  readonly #options: RegistryClientOptions
  readonly #transport: Transport
  readonly #retry: RetryPolicy
  readonly #hosts = new Map<string, RegistryHost>()
  readonly #closed = new AbortController()

  /** Throws `TLS_FAILED` for certificates and `PROXY_INVALID` for a proxy that cannot be used. */
  constructor(options: RegistryClientOptions) {
    this.#options = options
    this.#transport = new Transport(options)
    this.#retry = new RetryPolicy(options.clock, options.retry)
  }

  /** A repository of a registry, both named as in a parsed reference. Nothing is sent yet. */
  repository(registry: string, name: string): Repository {
    return new Repository(this.#host(registry), name)
  }

  /**
   * Asks a registry once whether it is there and takes the login that is kept for a repository of it (distribution-spec
   * 1.1, end-1). Says whether it asked for a login. Throws `RegistryError`.
   */
  async ping(registry: string, repository: string, { signal }: OperationOptions = {}): Promise<boolean> {
    const host = this.#host(registry)
    const access = { repository, scopes: [] }
    await discard(await host.call({ method: "GET", target: "/v2/", access, once: true, signal }))
    return host.asksForLogin
  }

  /** Ends whatever is under way and breaks all connections. */
  async close(): Promise<void> {
    this.#closed.abort(new DOMException("the registry client is closed", "AbortError"))
    await this.#transport.destroy()
  }

  #host(registry: string): RegistryHost {
    const known = this.#hosts.get(registry)
    if (known !== undefined) return known
    const { credentials, plainHttp, clock, timeouts } = this.#options
    const host = new RegistryHost(registry, {
      transport: this.#transport,
      retry: this.#retry,
      credentials,
      plainHttp: plainHttp ?? false,
      clock,
      connectTimeout: timeouts?.connect ?? 10_000,
      listTimeout: timeouts?.list ?? 3_600_000,
      closed: this.#closed.signal,
    })
    this.#hosts.set(registry, host)
    return host
  }
}
