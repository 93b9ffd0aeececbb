import { discard, type HttpResponse } from "../http/message.ts"
import { readAtMost } from "../http/response-body.ts"
import type { RetryPolicy } from "../http/retry.ts"
import type { RegistryCall, RegistryHost } from "./registry-host.ts"

/** Actions of Docker's token specification. */
export type Actions = "pull" | "pull,push"

export interface RepositoryCall extends Omit<RegistryCall, "target" | "access"> {
  /** A path below `/v2/<name>/`, or a URL that the registry gave. */
  path: string | URL
  actions: Actions
  /** Another repository that is read in the same request. */
  from?: string | undefined
}

/** Asks a registry about one repository. */
export class RepositoryCalls {
  readonly host: RegistryHost
  readonly name: string

  constructor(host: RegistryHost, name: string) {
    this.host = host
    this.name = name
  }

  /** The repository as messages name it. */
  get title(): string {
    return `${this.host.registry}/${this.name}`
  }

  get retry(): RetryPolicy {
    return this.host.options.retry
  }

  call(call: RepositoryCall): Promise<HttpResponse> {
    return this.host.call(this.#addressed(call))
  }

  /** Gets a small answer whole; `undefined` for its bytes where they are more than `limit`. `undefined` for 404. */
  getDocument(
    call: Pick<RepositoryCall, "path" | "headers" | "signal">,
    limit: number,
  ): Promise<{ response: HttpResponse; bytes: Uint8Array | undefined } | undefined> {
    const get = { ...call, method: "GET", actions: "pull", accept: [404] } as const
    return this.host.read(this.#addressed(get), async (response) => {
      if (response.status !== 404) return { response, bytes: await readAtMost(response, limit) }
      await discard(response)
      return undefined
    })
  }

  #addressed({ path, actions, from, ...call }: RepositoryCall): RegistryCall {
    const scopes = [`repository:${this.name}:${actions}`]
    if (from !== undefined && from !== this.name) scopes.push(`repository:${from}:pull`)
    const target = typeof path === "string" ? `/v2/${this.name}/${path}` : path
    return { ...call, target, access: { repository: this.name, scopes } }
  }
}
