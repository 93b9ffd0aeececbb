import type { Kysely } from "kysely"
import { checkDeviceName } from "../fleet/device.ts"
import { checkTagChanges } from "../fleet/device-tags.ts"
import type { FleetStore } from "../fleet/fleet-store.ts"
import { afterNaming, checkGeneration } from "../fleet/policy.ts"
import { organizationOf } from "../fleet/slug.ts"
import { checkGenerations, idsOf, tagLocked } from "./device-changes.ts"
import { loadDevice, loadDevices } from "./device-rows.ts"
import { addEvents } from "./events.ts"
import { lockDevices } from "./locked-devices.ts"
import type { Schema } from "./schema.ts"
import { inTransaction } from "./transaction.ts"

type DeviceNames = Pick<FleetStore, "renameDevice" | "tagDevices">

/** What people call devices, and sort them by. */
export function sqlDeviceNames(db: Kysely<Schema>): DeviceNames {
  return {
    async renameDevice(uuid, name, options) {
      checkDeviceName(name)
      return inTransaction(db, options.signal, async (trx) => {
        let organization: string | undefined
        const { devices } = await lockDevices(trx, [uuid], options.organization)
        for (const device of devices) {
          checkGeneration(`device ${uuid}`, device.place.generation, options.generation)
          organization = organizationOf(device.slug)
          if (device.name === name) continue
          const { generation } = afterNaming(device.place)
          await trx.updateTable("devices").set({ name, generation }).where("id", "=", device.id).execute()
          const values = [{ of: "name", before: device.name, after: name }]
          await addEvents(trx, options, { action: "device.rename", fleet: device.slug, device: uuid, values })
        }
        return loadDevice(trx, uuid, { organization })
      })
    },

    async tagDevices(uuids, changes, options) {
      checkTagChanges(changes)
      return inTransaction(db, options.signal, async (trx) => {
        const { devices } = await lockDevices(trx, uuids, options.organization)
        checkGenerations(devices, options)
        await tagLocked(trx, devices, changes, options)
        return loadDevices(trx, idsOf(devices))
      })
    },
  }
}
