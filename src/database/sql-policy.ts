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
} from "../fleet/policy.ts"
import { organizationOf } from "../fleet/slug.ts"
import { loadDevice, loadDevices } from "./device-rows.ts"
import { isDuplicate } from "./duplicate.ts"
import { addEvents } from "./events.ts"
import { savePolicy } from "./fleet-policy.ts"
import { findFleetId, loadFleet } from "./fleet-rows.ts"
import { inParts } from "./in-parts.ts"
import { type LockedDevice, lockDevices, readDevices } from "./locked-devices.ts"
import { lockFleet, lockFleetOf } from "./locks.ts"
import { loadSummary } from "./release-rows.ts"
import type { Schema } from "./schema.ts"
import { inTransaction, StaleRead } from "./transaction.ts"

type Policy = Pick<FleetStore, "pinFleet" | "trackLatest" | "pinDevices" | "trackFleet" | "moveDevice">

export function sqlPolicy(db: Kysely<Schema>): Policy {
  return {
    async pinFleet(slug, releaseId, options) {
      return inTransaction(db, options.signal, async (trx) => {
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
      return inTransaction(db, options.signal, async (trx) => {
        const fleet = await lockFleet(trx, slug)
        checkGeneration(slug, fleet.policy.generation, options.generation)
        const target = await savePolicy(trx, fleet, afterFleetPin(fleet.policy, null))
        if (fleet.policy.pin !== null) {
          await addEvents(trx, options, { action: "fleet.track-latest", fleet: slug, target })
        }
        return { fleet: await loadFleet(trx, slug), target }
      })
    },

    async pinDevices(uuids, releaseId, options) {
      return inTransaction(db, options.signal, async (trx) => {
        const fleet = await lockFleetOf(trx, releaseId)
        const release = await loadSummary(trx, releaseId)
        const devices = await readDevices(trx, uuids, options.organization)
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

    async trackFleet(uuids, options) {
      return inTransaction(db, options.signal, async (trx) => {
        const { devices } = await lockDevices(trx, uuids, options.organization)
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

    async moveDevice(uuid, slug, options) {
      return inTransaction(db, options.signal, async (trx) => {
        const to = await findFleetId(trx, slug)
        const { devices, fleets } = await lockDevices(trx, [uuid], options.organization, [to])
        const fleet = fleets.get(to)
        const [device] = devices
        if (fleet === undefined) throw fleetNotFound(slug)
        if (device === undefined) throw new StaleRead()
        checkGenerations(devices, options)
        const { pin } = options
        const release = pin === undefined ? undefined : await loadSummary(trx, pin)
        if (release !== undefined) checkDevicePin({ uuid, fleet: slug }, release)
        const place = afterMove(device.place, to, pin)
        const organization = organizationOf(slug)
        if (place === device.place) return loadDevice(trx, uuid, { organization })
        await trx
          .updateTable("devices")
          .set({
            fleet_id: place.fleet,
            organization_id: fleet.organizationId,
            pinned_release_id: place.pin,
            generation: place.generation,
            // What it runs is of the other organization, which alone may know of it.
            ...(organizationOf(device.slug) !== organization && { current_release_id: null }),
          })
          .where("id", "=", device.id)
          .execute()
          .catch((error) => {
            throw isDuplicate(error) ? deviceExists(uuid, organization) : error
          })
        if (place.fleet === device.place.fleet) {
          await addEvents(trx, options, { action: "device.pin", fleet: slug, release, device: uuid })
        } else {
          await addEvents(
            trx,
            options,
            { action: "device.leave", fleet: device.slug, device: uuid, otherFleet: slug },
            { action: "device.join", fleet: slug, release, device: uuid, otherFleet: device.slug },
          )
        }
        return loadDevice(trx, uuid, { organization })
      })
    },
  }
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
  for (const some of inParts(idsOf(changed))) {
    await trx
      .updateTable("devices")
      .set((expression) => ({ pinned_release_id: pin, generation: expression("generation", "+", 1) }))
      .where("id", "in", some)
      .execute()
  }
  return changed
}
