import type { Kysely } from "kysely"
import type { FleetStore } from "../fleet/fleet-store.ts"
import type { Schema } from "./schema.ts"
import { sqlDeviceGroups } from "./sql-device-groups.ts"
import { sqlDeviceNames } from "./sql-device-names.ts"
import { sqlDevices } from "./sql-devices.ts"
import { sqlFleets } from "./sql-fleets.ts"
import { sqlPolicy } from "./sql-policy.ts"
import { sqlReleases } from "./sql-releases.ts"

/** The FleetStore on SQL: what it asks for, every database that Kysely speaks to understands. */
export function sqlFleetStore(db: Kysely<Schema>): FleetStore {
  return {
    ...sqlFleets(db),
    ...sqlReleases(db),
    ...sqlPolicy(db),
    ...sqlDevices(db),
    ...sqlDeviceNames(db),
    ...sqlDeviceGroups(db),
  }
}
