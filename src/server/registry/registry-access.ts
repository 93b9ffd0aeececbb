import type { IncomingMessage } from "node:http"
import type { ServedRepository, WritableRepository } from "../../content/registry-storage.ts"
import type { Digest } from "../../oci/digest.ts"

export type RegistryAction = "pull" | "push" | "delete"

/** A repository, as far as the one who asks may use it. */
export interface OpenRepository {
  content: ServedRepository
  /** Where content may be pushed, or deleted. */
  target?: WritableRepository | undefined
  /** Only this manifest and what it needs may be pulled. */
  only?: Digest | undefined
  /** Throws `DENIED` for content that must stay. */
  checkRemoval?: ((digest: Digest) => Promise<void>) | undefined
}

/** Whoever sends a request. */
export interface Visitor {
  /** For the log. */
  readonly actor?: string | undefined
  /** Throws `NAME_UNKNOWN`, `DENIED`, `UNAUTHORIZED`. */
  open(name: string, action: RegistryAction): Promise<OpenRepository>
  /** In order of their names: those that may be pulled from. */
  listRepositories(): Promise<string[]>
  /** Of these repositories, the first that may be pulled from: a blob can be mounted from there. */
  findReadable(names: readonly string[]): Promise<string | undefined>
}

/** Decides who may do what in a registry. */
export interface RegistryAccess {
  /** Throws `UNAUTHORIZED`, `TOOMANYREQUESTS`. */
  enter(incoming: IncomingMessage): Promise<Visitor>
}
