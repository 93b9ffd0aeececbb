import type {
  ContentBody,
  ContentKeeper,
  ContentSource,
  ContentTarget,
  FetchOptions,
  OperationOptions,
} from "../content/interfaces.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { Repository } from "../registry/repository.ts"

/** In milliseconds: well within the hour for which a server's collector of garbage leaves a quiet repository alone. */
const RENEWAL = 10 * 60 * 1000

/**
 * A repository of a server's own registry. Whoever may push there and asks for content claims it, and with it the repository
 * counts as being pushed to: asking now and then keeps what a long import has brought, however long its source is silent.
 */
export class OwnRepository implements ContentSource, ContentTarget, ContentKeeper {
  readonly #repository: Repository
  #claimed: Descriptor | undefined

  constructor(repository: Repository) {
    this.#repository = repository
  }

  resolve(reference: string, options?: OperationOptions): Promise<Descriptor> {
    return this.#repository.resolve(reference, options)
  }

  fetch(descriptor: Descriptor, options?: FetchOptions): AsyncIterable<Uint8Array> {
    return this.#repository.fetch(descriptor, options)
  }

  exists(descriptor: Descriptor, options?: OperationOptions): Promise<boolean> {
    return this.#repository.exists(descriptor, options)
  }

  async claim(descriptor: Descriptor, options?: OperationOptions): Promise<boolean> {
    const isThere = await this.exists(descriptor, options)
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

  mount(descriptor: Descriptor, from: string | null, options?: OperationOptions): Promise<boolean> {
    return this.#repository.mount(descriptor, from, options)
  }

  async lease({ signal }: OperationOptions = {}): Promise<AsyncDisposable> {
    const renewal = setInterval(() => {
      // What is gone all the same is told when the release is recorded.
      if (this.#claimed !== undefined) void this.exists(this.#claimed, { signal }).catch(() => undefined)
    }, RENEWAL).unref()
    return {
      async [Symbol.asyncDispose]() {
        clearInterval(renewal)
      },
    }
  }
}
