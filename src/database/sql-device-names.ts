import type { Kysely, Transaction } from "kysely"
import { checkDeviceName } from "../fleet/device.ts"
import { afterTagging, checkTagChanges } from "../fleet/device-tags.ts"
import type { FleetStore } from "../fleet/fleet-store.ts"
import { afterNaming, checkGeneration } from "../fleet/policy.ts"
import { organizationOf } from "../fleet/slug.ts"
import { loadDevice, loadDevices } from "./device-rows.ts"
import { addEvents } from "./events.ts"
import { type LockedDevice, lockDevices } from "./locked-devices.ts"
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
        for (const device of devices) {
          const { uuid, slug, place } = device
          checkGeneration(`device ${uuid}`, place.generation, options.generation)
          const { tags } = await loadDevice(trx, uuid, { organization: organizationOf(slug) })
          const before = new Map(Object.entries(tags))
          const after = afterTagging(before, changes)
          const values = Object.keys(changes)
            .map((key) => ({
              of: `tags.${key}`,
              before: before.get(key) ?? null,
              after: after.get(key) ?? null,
            }))
            .filter((value) => value.before !== value.after)
          if (values.length === 0) continue
          await saveTags(trx, device, after)
          await addEvents(trx, options, { action: "device.tag", fleet: slug, device: uuid, values })
        }
        return loadDevices(
          trx,
          devices.map(({ id }) => id),
        )
      })
    },
  }
}

async function saveTags(
  trx: Transaction<Schema>,
  { id, place }: LockedDevice,
  tags: ReadonlyMap<string, string>,
): Promise<void> {
  await trx.deleteFrom("device_tags").where("device_id", "=", id).execute()
  const rows = [...tags].map(([key, value]) => ({ device_id: id, key, value }))
  if (rows.length > 0) await trx.insertInto("device_tags").values(rows).execute()
  const { generation } = afterNaming(place)
  await trx.updateTable("devices").set({ generation }).where("id", "=", id).execute()
}
