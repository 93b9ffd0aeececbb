import { join } from "node:path"
import type { Database } from "../database/database.ts"
import { openSqlite } from "../database/open-sqlite.ts"
import type { Fleet } from "../fleet/fleet.ts"
import type { ContentStore } from "../layout/content-store.ts"
import type { RegistryClient } from "../registry/registry-client.ts"
import { closeAll } from "./close-all.ts"
import type { Context, FleetContent } from "./context.ts"
import { DATABASE_FILE, prepareHome, STORE_FOLDER } from "./home-folder.ts"
import { openRegistries, type RegistryAccess, registryContent } from "./registries.ts"
import { withStoredContent } from "./stored-releases.ts"

export interface HomeOptions extends RegistryAccess {
  /**
   * Folder that holds everything: the database and the content store. Made when it is missing; closed to other users when
   * it is open to them.
   */
  path: string
  /** `postgres://…` of the database that keeps the fleets. Default: a SQLite file in the home. */
  database?: string | undefined
  /**
   * How long to wait for other processes that work in the home, in milliseconds. Default 10 s for the SQLite file, and what
   * the content store has by itself.
   */
  lockTimeout?: number | undefined
  /** Who works here, for the history: see `ChangeOptions`. */
  actor: string
  /** Gets what is wrong with the folder though it works, what was done about it, and for whom it waits: for a person. */
  onNotice?: ((text: string) => void) | undefined
  /** Ends each change that names no signal of its own. Default: none. */
  signal?: AbortSignal | undefined
}

/** An embedded home, which a server can serve. */
export interface Home extends Context {
  readonly database: Database
  /** The content of fleets without a registry. */
  store(): Promise<ContentStore>
}

/**
 * Opens an embedded home: a database for the fleets, an OCI image layout for the content of fleets without a registry.
 * Any number of processes may work in one home. The caller closes it.
 */
export async function openHome(options: HomeOptions): Promise<Home> {
  await prepareHome(options.path, options.onNotice ?? (() => undefined))
  const database = await openDatabase(options)
  const { registries, closeRegistries } = openRegistries(options)
  const now = () => new Date(options.clock.now())
  let opened: Promise<ContentStore> | undefined
  const store = () => {
    // A server lives long: what is mended meanwhile must not need another start.
    opened ??= openStore(options).catch((error: unknown) => {
      opened = undefined
      throw error
    })
    return opened
  }
  return {
    database,
    store,
    fleets: withStoredContent(database.fleets, store),
    access: database.access,
    ownRegistry: undefined,
    registries,
    now,
    change: ({ signal } = { signal: options.signal }) => ({ now: now(), actor: options.actor, signal }),
    contentOf: (fleet) => contentOf(fleet, store, registries),
    close: () =>
      closeAll([
        closeRegistries,
        () =>
          opened?.then(
            (it) => it.close(),
            () => undefined,
          ),
        () => database.close(),
      ]),
  }
}

// What a command does not need is not loaded: that is most of the time that starting takes.
async function openDatabase({ path, database, lockTimeout }: HomeOptions): Promise<Database> {
  if (database === undefined) return openSqlite(join(path, DATABASE_FILE), { timeout: lockTimeout })
  const { openPostgres } = await import("../database/open-postgres.ts")
  return openPostgres(database)
}

async function openStore({ path, clock, lockTimeout, onNotice }: HomeOptions): Promise<ContentStore> {
  const { ContentStore } = await import("../layout/content-store.ts")
  return ContentStore.open(join(path, STORE_FOLDER), clock, { lockTimeout, onLockWait: onNotice })
}

async function contentOf(
  fleet: Fleet,
  store: () => Promise<ContentStore>,
  registries: () => Promise<RegistryClient>,
): Promise<FleetContent> {
  if (fleet.registry === null) return (await store()).repository(fleet.slug)
  return registryContent({ ...fleet, registry: fleet.registry }, registries)
}
