import type { RegistryClient } from "../registry/registry-client.ts"
import { RegistryError } from "../registry/registry-error.ts"

/** For an answer of a registry, in milliseconds. */
const PATIENCE = 10_000

/** Where a repository is. */
export interface Place {
  registry: string
  repository: string
}

/**
 * Asks a registry whether it is there and takes the login that is kept for a repository of it. Says whether it asked for one.
 * Throws `RegistryError`, also where nothing comes within ten seconds.
 */
export async function probeRegistry(
  client: RegistryClient,
  { registry, repository }: Place,
  signal?: AbortSignal,
): Promise<boolean> {
  const patience = AbortSignal.timeout(PATIENCE)
  const either = signal === undefined ? patience : AbortSignal.any([signal, patience])
  try {
    return await client.ping(registry, repository, { signal: either })
  } catch (cause) {
    signal?.throwIfAborted()
    if (!patience.aborted) throw cause
    throw new RegistryError(
      "REGISTRY_UNREACHABLE",
      `${registry} did not answer within ${PATIENCE / 1000} seconds`,
      { hint: "check the network, the firewall and the proxy settings", cause },
    )
  }
}
