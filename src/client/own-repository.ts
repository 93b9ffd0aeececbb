import type {
  ContentBody,
  ContentKeeper,
  ContentSource,
  ContentTarget,
  FetchOptions,
  OperationOptions,
} from "../content/interfaces.ts"
import type { Clock } from "../http/clock.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { Repository } from "../registry/repository.ts"

/**
 * In milliseconds. A server notes no more than once in a minute that it was asked, so it hears of a push every two minutes: a
 * collection of garbage with a grace of five leaves it alone, also where a renewal or two are lost.
 */
const RENEWAL = 60_000

/**
 * A repository of a server's own registry. Whoever may push there and asks for content claims it, and with it the repository
 * counts as being pushed to: asking now and then keeps what a long import has brought, however long its source is silent.
 */
export class OwnRepository implements ContentSource, ContentTarget, ContentKeeper {
  readonly #repository: Repository
  readonly #clock: Clock
  #claimed: Descriptor | undefined

  constructor(repository: Repository, clock: Clock) {
    this.#repository = repository
    this.#clock = clock
  }

  resolve(reference: string, options?: OperationOptions): Promise<Descriptor> {
    return this.#repository.resolve(reference, options)
  }

  fetch(descriptor: Descriptor, options?: FetchOptions): AsyncIterable<Uint8Array> {
    return this.#repository.fetch(descriptor, options)
  }

  /** Whoever only looks claims nothing. */
  exists(descriptor: Descriptor, options?: OperationOptions): Promise<boolean> {
    return this.#repository.exists(descriptor, { ...options, actions: "pull" })
  }

  async claim(descriptor: Descriptor, options?: OperationOptions): Promise<boolean> {
    const isThere = await this.#repository.exists(descriptor, options)
    if (isThere) this.#claimed = descriptor
    return isThere
  }

  async push(descriptor: Descriptor, body: ContentBody, options?: OperationOptions): Promise<void> {
    await this.#repository.push(descriptor, body, options)
    this.#claimed = descriptor
  }

  tag(descriptor: Descriptor, tag: string, options?: OperationOptions): Promise<void> {
    return this.#repository.tag(descriptor, tag, options)
  }

  async mount(descriptor: Descriptor, from: string | null, options?: OperationOptions): Promise<boolean> {
    const isMounted = await this.#repository.mount(descriptor, from, options)
    if (isMounted) this.#claimed = descriptor
    return isMounted
  }

  async lease(): Promise<AsyncDisposable> {
    const end = new AbortController()
    const renewal = this.#renew(end.signal)
    return {
      async [Symbol.asyncDispose]() {
        end.abort()
        await renewal
      },
    }
  }

  async #renew(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#clock.sleep(RENEWAL, signal)
        if (this.#claimed !== undefined) await this.#repository.exists(this.#claimed, { signal })
      } catch {
        // What is gone all the same is told when the release is recorded.
      }
    }
  }
}
