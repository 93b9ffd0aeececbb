import type { Kysely } from "kysely"
import type { OperationOptions } from "../content/interfaces.ts"
import type { AccessStore, Authenticator } from "../fleet/access-store.ts"
import type { ChangeFeed } from "../fleet/change-feed.ts"
import type { DeviceTargetName } from "../fleet/device.ts"
import type { DeviceOptions, FleetStore } from "../fleet/fleet-store.ts"
import type { SessionStore } from "../fleet/session-store.ts"
import type { UploadStore } from "../fleet/upload-store.ts"
import type { Database } from "./database.ts"
import { peekTarget } from "./device-rows.ts"
import type { Schema } from "./schema.ts"
import { sqlAccessStore } from "./sql-access-store.ts"
import { sqlFleetStore } from "./sql-fleet-store.ts"
import { sqlSessionStore } from "./sql-session-store.ts"
import { sqlUploadStore } from "./sql-upload-store.ts"

/** A database whose schema is up to date. Closing it closes the connections to it. */
export class SqlDatabase implements Database {
  readonly fleets: FleetStore
  readonly access: AccessStore & Authenticator
  readonly sessions: SessionStore
  readonly changes: ChangeFeed
  readonly uploads: UploadStore
  readonly #db: Kysely<Schema>

  constructor(db: Kysely<Schema>, changes: ChangeFeed) {
    this.#db = db
    this.changes = changes
    this.fleets = sqlFleetStore(db)
    this.access = sqlAccessStore(db)
    this.sessions = sqlSessionStore(db)
    this.uploads = sqlUploadStore(db)
  }

  peekTarget(uuid: string, options?: DeviceOptions): Promise<DeviceTargetName> {
    return peekTarget(this.#db, uuid, options)
  }

  async ping(options: OperationOptions = {}): Promise<void> {
    options.signal?.throwIfAborted()
    await this.#db.selectFrom("organizations").select("id").limit(1).execute(options)
  }

  async close(): Promise<void> {
    await this.#db.destroy()
  }
}
