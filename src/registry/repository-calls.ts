import type { RegistryCall, RegistryHost } from "./registry-host.ts"
import type { RetryPolicy } from "./retry.ts"
import type { HttpResponse } from "./transport.ts"

/** Actions of Docker's token specification. */
type Actions = "pull" | "pull,push"

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

  call({ path, actions, from, ...call }: RepositoryCall): Promise<HttpResponse> {
    const scopes = [`repository:${this.name}:${actions}`]
    if (from !== undefined && from !== this.name) scopes.push(`repository:${from}:pull`)
    const target = typeof path === "string" ? `/v2/${this.name}/${path}` : path
    return this.host.call({ ...call, target, access: { repository: this.name, scopes } })
  }
}
