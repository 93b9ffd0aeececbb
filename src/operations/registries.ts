import type { Fleet } from "../fleet/fleet.ts"
import type { Clock } from "../http/clock.ts"
import type { RegistryClient, RegistryClientOptions } from "../registry/registry-client.ts"
import type { FleetContent } from "./context.ts"
import { fleetRepository } from "./mount-source.ts"

/** How a context reaches registries. */
export interface RegistryAccess {
  clock: Clock
  /** Asked once, when a registry is first needed. Default: anonymous access, no proxy, the default certificates. */
  registry?: (() => Promise<Omit<RegistryClientOptions, "clock">>) | undefined
}

/** A client for all registries, made when it is first asked for: loading it is most of what starting takes. */
export function openRegistries({ clock, registry }: RegistryAccess) {
  let client: Promise<RegistryClient> | undefined
  const open = async () => {
    const { RegistryClient } = await import("../registry/registry-client.ts")
    return new RegistryClient({ ...(await registry?.()), clock })
  }
  return {
    registries(): Promise<RegistryClient> {
      // What is mended meanwhile, as a file of logins, must not need another process.
      client ??= open().catch((error: unknown) => {
        client = undefined
        throw error
      })
      return client
    },
    async closeRegistries(): Promise<void> {
      // One that was never made has nothing to close; whoever asked for it was told why.
      const made = await client?.catch(() => undefined)
      await made?.close()
    },
  }
}

/** The repository of a fleet that keeps its content in a registry. */
export async function registryContent(
  fleet: Fleet & { registry: string },
  registries: () => Promise<RegistryClient>,
): Promise<FleetContent> {
  const { registry, repository } = fleetRepository(fleet)
  return (await registries()).repository(registry, repository)
}
