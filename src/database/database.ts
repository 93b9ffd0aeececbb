import type { OperationOptions } from "../content/interfaces.ts"
import type { AccessStore, Authenticator } from "../fleet/access-store.ts"
import type { ChangeFeed } from "../fleet/change-feed.ts"
import type { DeviceTargetName } from "../fleet/device.ts"
import type { DeviceOptions, FleetStore } from "../fleet/fleet-store.ts"
import type { SessionStore } from "../fleet/session-store.ts"
import type { UploadStore } from "../fleet/upload-store.ts"

/** One database: what it keeps, and what a server asks of it beside. */
export interface Database {
  readonly fleets: FleetStore
  readonly access: AccessStore & Authenticator
  readonly sessions: SessionStore
  readonly changes: ChangeFeed
  readonly uploads: UploadStore
  /** What a device should run, in one query: devices ask often, and mostly nothing is new. */
  peekTarget(uuid: string, options?: DeviceOptions): Promise<DeviceTargetName>
  /** Throws a `DatabaseError` when the database does not answer. */
  ping(options?: OperationOptions): Promise<void>
  close(): Promise<void>
}
