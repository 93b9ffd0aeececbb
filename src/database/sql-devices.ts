import type { Kysely } from "kysely"
import { parseCommit } from "../fleet/commit.ts"
import { checkNewDevice } from "../fleet/device.ts"
import { FleetError } from "../fleet/fleet-error.ts"
import type { FleetStore } from "../fleet/fleet-store.ts"
import { deviceExists } from "../fleet/not-found.ts"
import { hashSecret, parseDeviceKey } from "../fleet/secret.ts"
import { organizationOf } from "../fleet/slug.ts"
import { checkGenerations, removeLocked } from "./device-changes.ts"
import { countDevicesOf, loadDevice, namedDevices, onlyDevice, peekTarget } from "./device-rows.ts"
import { isDuplicate } from "./duplicate.ts"
import { addEvents } from "./events.ts"
import { findFleetId, loadFleet } from "./fleet-rows.ts"
import { listDevices, totalDevices } from "./found-devices.ts"
import { lockDevices } from "./locked-devices.ts"
import { lockFleet, lockFleetOf } from "./locks.ts"
import { findRelease } from "./release-rows.ts"
import { readRollouts } from "./rollouts.ts"
import type { Schema } from "./schema.ts"
import { inTransaction, StaleRead } from "./transaction.ts"

type Devices = Pick<
  FleetStore,
  | "registerDevice"
  | "getDevice"
  | "listDevices"
  | "totalDevices"
  | "countDevices"
  | "getRollout"
  | "removeDevices"
  | "rotateDeviceKey"
  | "getTarget"
  | "reportRelease"
>

export function sqlDevices(db: Kysely<Schema>): Devices {
  return {
    async registerDevice(slug, device, options) {
      checkNewDevice(device)
      const { uuid } = device
      const key_hash = hashSecret(device.key)
      const organization = organizationOf(slug)
      return inTransaction(db, options.signal, async (trx) => {
        const fleet = await lockFleet(trx, slug)
        const registered = await trx
          .insertInto("devices")
          .values({
            uuid,
            fleet_id: fleet.id,
            organization_id: fleet.organizationId,
            name: device.name ?? null,
            key_hash,
            registered_at: options.now.toISOString(),
          })
          .onConflict((conflict) => conflict.doNothing())
          .returning("id")
          .executeTakeFirst()
        if (registered === undefined) {
          const there = await trx
            .selectFrom("devices")
            .select(["fleet_id", "key_hash"])
            .where("uuid", "=", uuid)
            .where("organization_id", "=", fleet.organizationId)
            .executeTakeFirst()
          if (there === undefined) throw keyTaken(uuid)
          if (there.fleet_id !== fleet.id || there.key_hash !== key_hash) {
            throw deviceExists(uuid, organization)
          }
        } else {
          await addEvents(trx, options, { action: "device.register", fleet: slug, device: uuid })
        }
        return loadDevice(trx, uuid, { organization })
      })
    },

    getDevice: (uuid, options) => loadDevice(db, uuid, options),

    listDevices: (filter = {}, options = {}) => listDevices(db, filter, options),

    totalDevices: (filter = {}, options) => totalDevices(db, filter, options),

    async countDevices(fleet, options) {
      return countDevicesOf(db, await findFleetId(db, fleet, options))
    },

    async getRollout(slug, { signal, ...silence }) {
      const [found] = await readRollouts(db, [await loadFleet(db, slug, { signal })], silence)
      const { fleet: _, ...rollout } = found as NonNullable<typeof found>
      return rollout
    },

    async removeDevices(uuids, options) {
      await inTransaction(db, options.signal, async (trx) => {
        const { devices } = await lockDevices(trx, uuids, options.organization)
        checkGenerations(devices, options)
        await removeLocked(trx, devices, options)
      })
    },

    async rotateDeviceKey(uuid, key, options) {
      const key_hash = hashSecret(parseDeviceKey(key))
      return inTransaction(db, options.signal, async (trx) => {
        const { devices } = await lockDevices(trx, [uuid], options.organization)
        checkGenerations(devices, options)
        let organization: string | undefined
        for (const { id, slug } of devices) {
          organization = organizationOf(slug)
          const { numUpdatedRows } = await trx
            .updateTable("devices")
            .set({ key_hash })
            .where("id", "=", id)
            .where("key_hash", "!=", key_hash)
            .executeTakeFirstOrThrow()
            .catch((error) => {
              throw isDuplicate(error) ? keyTaken(uuid) : error
            })
          if (numUpdatedRows === 0n) continue
          await addEvents(trx, options, { action: "device.rotate-key", fleet: slug, device: uuid })
        }
        return loadDevice(trx, uuid, { organization })
      })
    },

    async getTarget(uuid, options) {
      for (;;) {
        const { target, ...device } = await peekTarget(db, uuid, options)
        if (target === null) return { ...device, release: null }
        // Removed in between, it was the target no longer.
        const release = await findRelease(db, target.id)
        if (release !== undefined) return { ...device, release }
      }
    },

    async reportRelease(uuid, text, options) {
      const commit = text === null ? null : parseCommit(text)
      return inTransaction(db, options.signal, async (trx) => {
        const rows = await trx
          .selectFrom("devices")
          .innerJoin("fleets", "fleets.id", "devices.fleet_id")
          .select(["devices.id", "fleet_id", "slug", "current_release_id"])
          .where(namedDevices([uuid], options.organization))
          .execute()
        const device = onlyDevice(uuid, rows)
        let current: number | null = null
        if (commit !== null) {
          const releases = await trx
            .selectFrom("releases")
            .select(["id", "fleet_id"])
            .where("commit", "=", commit)
            .where("status", "=", "success")
            .where((of) =>
              of.or([of("fleet_id", "=", device.fleet_id), of("id", "=", device.current_release_id)]),
            )
            .execute()
          const release = releases.find(({ fleet_id }) => fleet_id === device.fleet_id) ?? releases[0]
          if (release === undefined) throw noSuchCommit(commit)
          current = release.id
        }
        // Devices repeat themselves often: then nothing is held, nor set, as it may be removed meanwhile.
        const isNew = current !== device.current_release_id
        if (isNew && current !== null) {
          await lockFleetOf(trx, current)
          // Waiting for the lock may have been waiting for its removal, which a foreign key would refuse.
          const there = trx.selectFrom("releases").select("id").where("id", "=", current)
          if ((await there.executeTakeFirst()) === undefined) throw new StaleRead()
        }
        await trx
          .updateTable("devices")
          .set({ reported_at: options.now.toISOString(), ...(isNew && { current_release_id: current }) })
          .where("id", "=", device.id)
          .execute()
        return loadDevice(trx, uuid, { organization: organizationOf(device.slug) })
      })
    },
  }
}

function keyTaken(uuid: string): FleetError {
  return new FleetError("INVALID_DEVICE", `the key for device ${uuid} is that of another device`, {
    hint: "give each device a key of its own",
  })
}

function noSuchCommit(commit: string): FleetError {
  return new FleetError(
    "RELEASE_NOT_FOUND",
    `there is no successful release of commit ${commit} that the device could run`,
    {
      hint: "a device reports the whole commit of a release of its fleet, or of the one that it reported last",
    },
  )
}
