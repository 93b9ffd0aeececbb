import type { Kysely, Transaction } from "kysely"
import type { FleetStore, PolicyOptions } from "../fleet/fleet-store.ts"
import { deviceExists, fleetNotFound } from "../fleet/not-found.ts"
import {
  afterDevicePin,
  afterFleetPin,
  afterMove,
  checkDevicePin,
  checkFleetPin,
  checkGeneration,
  type DevicePlace,
} from "../fleet/policy.ts"
import { organizationOf } from "../fleet/slug.ts"
import { loadDevices } from "./device-rows.ts"
import { isDuplicate } from "./duplicate.ts"
import { addEvents } from "./events.ts"
import { savePolicy } from "./fleet-policy.ts"
import { findFleetId, loadFleet } from "./fleet-rows.ts"
import { inTurns } from "./in-turns.ts"
import { type LockedDevice, lockDevices, readDevices } from "./locked-devices.ts"
import { type LockedFleet, lockFleet, lockFleetOf } from "./locks.ts"
import { loadSummary } from "./release-rows.ts"
import type { Schema } from "./schema.ts"
import { inChange, inTransaction } from "./transaction.ts"

type Policy = Pick<FleetStore, "pinFleet" | "trackLatest" | "pinDevices" | "trackFleet" | "moveDevices">

export function sqlPolicy(db: Kysely<Schema>): Policy {
  return {
    async pinFleet(slug, releaseId, options) {
      return inChange(db, options, async (trx) => {
        const fleet = await lockFleet(trx, slug)
        checkGeneration(slug, fleet.policy.generation, options.generation)
        const release = await loadSummary(trx, releaseId)
        checkFleetPin(slug, release)
        const target = await savePolicy(trx, fleet, afterFleetPin(fleet.policy, releaseId))
        if (fleet.policy.pin !== releaseId) {
          await addEvents(trx, options, { action: "fleet.pin", fleet: slug, release, target })
        }
        return { fleet: await loadFleet(trx, slug), target }
      })
    },

    async trackLatest(slug, options) {
      return inChange(db, options, async (trx) => {
        const fleet = await lockFleet(trx, slug)
        checkGeneration(slug, fleet.policy.generation, options.generation)
        const target = await savePolicy(trx, fleet, afterFleetPin(fleet.policy, null))
        if (fleet.policy.pin !== null) {
          await addEvents(trx, options, { action: "fleet.track-latest", fleet: slug, target })
        }
        return { fleet: await loadFleet(trx, slug), target }
      })
    },

    async pinDevices(selection, releaseId, options) {
      return inTransaction(db, options.signal, async (trx) => {
        const fleet = await lockFleetOf(trx, releaseId)
        const release = await loadSummary(trx, releaseId)
        const devices = await readDevices(trx, selection, options.organization)
        checkGenerations(devices, options)
        for (const { uuid, slug } of devices) checkDevicePin({ uuid, fleet: slug }, release)
        const changed = await savePins(trx, devices, releaseId)
        const events = changed.map(({ uuid }) => ({
          action: "device.pin" as const,
          fleet: fleet.slug,
          release,
          device: uuid,
        }))
        await addEvents(trx, options, ...events)
        return loadDevices(trx, idsOf(devices))
      })
    },

    async trackFleet(selection, options) {
      return inTransaction(db, options.signal, async (trx) => {
        const { devices } = await lockDevices(trx, selection, options.organization)
        checkGenerations(devices, options)
        const changed = await savePins(trx, devices, null)
        const events = changed.map(({ uuid, slug }) => ({
          action: "device.track-fleet" as const,
          fleet: slug,
          device: uuid,
        }))
        await addEvents(trx, options, ...events)
        return loadDevices(trx, idsOf(devices))
      })
    },

    async moveDevices(uuids, slug, options) {
      return inTransaction(db, options.signal, async (trx) => {
        const to = await findFleetId(trx, slug)
        const { devices, fleets } = await lockDevices(trx, uuids, options.organization, [to])
        const fleet = fleets.get(to)
        if (fleet === undefined) throw fleetNotFound(slug)
        checkGenerations(devices, options)
        const { pin } = options
        const release = pin === undefined ? undefined : await loadSummary(trx, pin)
        for (const device of devices) {
          const { uuid } = device
          if (release !== undefined) checkDevicePin({ uuid, fleet: slug }, release)
          const place = afterMove(device.place, to, pin)
          if (place === device.place) continue
          await savePlace(trx, device, place, fleet)
          const events =
            place.fleet === device.place.fleet
              ? [{ action: "device.pin", fleet: slug, release, device: uuid } as const]
              : [
                  { action: "device.leave", fleet: device.slug, device: uuid, otherFleet: slug } as const,
                  {
                    action: "device.join",
                    fleet: slug,
                    release,
                    device: uuid,
                    otherFleet: device.slug,
                  } as const,
                ]
          await addEvents(trx, options, ...events)
        }
        return loadDevices(trx, idsOf(devices))
      })
    },
  }
}

/** Takes a device to a locked fleet. */
async function savePlace(
  trx: Transaction<Schema>,
  { id, uuid, slug }: LockedDevice,
  place: DevicePlace,
  fleet: LockedFleet,
): Promise<void> {
  const organization = organizationOf(fleet.slug)
  await trx
    .updateTable("devices")
    .set({
      fleet_id: place.fleet,
      organization_id: fleet.organizationId,
      pinned_release_id: place.pin,
      generation: place.generation,
      // What it runs is of the other organization, which alone may know of it.
      ...(organizationOf(slug) !== organization && { current_release_id: null }),
    })
    .where("id", "=", id)
    .execute()
    .catch((error) => {
      throw isDuplicate(error) ? deviceExists(uuid, organization) : error
    })
}

function idsOf(devices: readonly LockedDevice[]): number[] {
  return devices.map(({ id }) => id)
}

function checkGenerations(devices: readonly LockedDevice[], { generation }: PolicyOptions): void {
  for (const { uuid, place } of devices) checkGeneration(`device ${uuid}`, place.generation, generation)
}

/** Pins devices, or lets them follow with `null`, and gives those for which that is new. */
async function savePins(
  trx: Transaction<Schema>,
  devices: readonly LockedDevice[],
  pin: number | null,
): Promise<LockedDevice[]> {
  const changed = devices.filter(({ place }) => afterDevicePin(place, pin) !== place)
  for await (const some of inTurns(idsOf(changed))) {
    await trx
      .updateTable("devices")
      .set((expression) => ({ pinned_release_id: pin, generation: expression("generation", "+", 1) }))
      .where("id", "in", some)
      .execute()
  }
  return changed
}
