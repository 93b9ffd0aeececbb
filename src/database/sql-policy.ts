import type { Kysely } from "kysely"
import type { FleetStore } from "../fleet/fleet-store.ts"
import { fleetNotFound } from "../fleet/not-found.ts"
import { afterFleetPin, checkFleetPin, checkGeneration } from "../fleet/policy.ts"
import { checkGenerations, idsOf, moveLocked, pinLocked, unpinLocked } from "./device-changes.ts"
import { loadDevices } from "./device-rows.ts"
import { addEvents } from "./events.ts"
import { savePolicy } from "./fleet-policy.ts"
import { findFleetId, loadFleet } from "./fleet-rows.ts"
import { lockDevices, readDevices } from "./locked-devices.ts"
import { lockFleet, lockFleetOf } from "./locks.ts"
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
        await lockFleetOf(trx, releaseId)
        const release = await loadSummary(trx, releaseId)
        const devices = await readDevices(trx, selection, options.organization)
        checkGenerations(devices, options)
        await pinLocked(trx, devices, release, options)
        return loadDevices(trx, idsOf(devices))
      })
    },

    async trackFleet(selection, options) {
      return inTransaction(db, options.signal, async (trx) => {
        const { devices } = await lockDevices(trx, selection, options.organization)
        checkGenerations(devices, options)
        await unpinLocked(trx, devices, options)
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
        await moveLocked(trx, devices, fleet, release, options)
        return loadDevices(trx, idsOf(devices))
      })
    },
  }
}
