import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import type { Database } from "../database/database.ts"
import { openSqlite } from "../database/open-sqlite.ts"
import type { Fleet } from "../fleet/fleet.ts"
import type { Clock } from "../registry/clock.ts"
import type { RegistryClient, RegistryClientOptions } from "../registry/registry-client.ts"
import type { Context, FleetContent } from "./context.ts"
import { fleetRepository } from "./mount-source.ts"
import { OperationError } from "./operation-error.ts"

export interface HomeOptions {
  /** Folder that holds everything: the database and the content store. Made when it is missing. */
  path: string
  clock: Clock
  /** Who works here, for the history: see `ChangeOptions`. */
  actor: string
  /** Asked once, when a registry is first needed. Default: anonymous access, no proxy, the default certificates. */
  registry?: (() => Promise<Omit<RegistryClientOptions, "clock">>) | undefined
}

/** An embedded home, which a server can serve. */
export interface Home extends Context {
  readonly database: Database
}

/**
 * Opens an embedded home: SQLite for the fleets, an OCI image layout for the content of fleets without a registry.
 * Any number of processes may work in one home. The caller closes it.
 */
export async function openHome(options: HomeOptions): Promise<Home> {
  await mkdir(options.path, { recursive: true, mode: 0o700 }).catch((cause: Error) => {
    throw new OperationError("INVALID_HOME", `${options.path} cannot be a home: ${cause.message}`, {
      hint: "set WAYBILL_HOME to a folder that you may write in",
      cause,
    })
  })
  const database = await openSqlite(join(options.path, "waybill.db"))
  let client: Promise<RegistryClient> | undefined
  const registries = () => {
    client ??= openRegistryClient(options)
    return client
  }
  const now = () => new Date(options.clock.now())
  return {
    database,
    fleets: database.fleets,
    access: database.access,
    registries,
    now,
    change: ({ signal } = {}) => ({ now: now(), actor: options.actor, signal }),
    contentOf: (fleet) => contentOf(fleet, join(options.path, "store"), registries),
    async close() {
      await (await client)?.close()
      await database.close()
    },
  }
}

// What a command does not need is not loaded: that is most of the time that starting takes.
async function openRegistryClient(options: HomeOptions): Promise<RegistryClient> {
  const { RegistryClient } = await import("../registry/registry-client.ts")
  return new RegistryClient({ ...(await options.registry?.()), clock: options.clock })
}

async function contentOf(
  fleet: Fleet,
  store: string,
  registries: () => Promise<RegistryClient>,
): Promise<FleetContent> {
  if (fleet.registry === null) {
    const { ContentStore } = await import("../layout/content-store.ts")
    return (await ContentStore.open(store)).repository(fleet.slug)
  }
  const { registry, repository } = fleetRepository({ ...fleet, registry: fleet.registry })
  return (await registries()).repository(registry, repository)
}
