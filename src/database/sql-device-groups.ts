import type { Kysely, Transaction } from "kysely"
import {
  type ChangedDevices,
  checkExpected,
  type DevicesChange,
  type DevicesPreview,
  type FleetDevices,
  noMatchingDevice,
  type TargetsChange,
} from "../fleet/device-group.ts"
import { checkTagChanges } from "../fleet/device-tags.ts"
import type { DeviceChangeOptions, FleetStore } from "../fleet/fleet-store.ts"
import { fleetNotFound } from "../fleet/not-found.ts"
import { afterMove, checkDevicePin, targetOfDevice } from "../fleet/policy.ts"
import type { ReleaseName } from "../fleet/release.ts"
import {
  checkGenerations,
  moveLocked,
  pinLocked,
  removeLocked,
  tagLocked,
  unpinLocked,
} from "./device-changes.ts"
import { findFleetId } from "./fleet-rows.ts"
import { countTargets, readMatching, type TargetCount } from "./found-devices.ts"
import { inTurns } from "./in-turns.ts"
import { type LockedDevice, readDevices } from "./locked-devices.ts"
import { type LockedFleet, lockFleets } from "./locks.ts"
import { releaseNameColumns, releaseNameOf } from "./release-names.ts"
import { loadSummary } from "./release-rows.ts"
import type { Schema } from "./schema.ts"
import { inTransaction } from "./transaction.ts"

type DeviceGroups = Pick<FleetStore, "changeDevices" | "previewDevices">

/** What is done to all devices of a fleet that a filter lets through. */
export function sqlDeviceGroups(db: Kysely<Schema>): DeviceGroups {
  return {
    async changeDevices(group, change, options) {
      if (change.change === "tag") checkTagChanges(change.tags)
      return inTransaction(db, options.signal, async (trx) => {
        const id = await findFleetId(trx, group.fleet)
        const to = change.change === "move" ? await findFleetId(trx, change.fleet) : undefined
        const fleets = await lockFleets(trx, to === undefined ? [id] : [id, to])
        if (!fleets.has(id)) throw fleetNotFound(group.fleet)
        const devices = await readMatching(trx, group)
        checkExpected(group, devices.length, options.expected)
        if (devices.length === 0) throw noMatchingDevice(group)
        checkGenerations(devices, options)
        const changed = await changeLocked(trx, devices, change, fleets.get(to ?? id), options)
        return { matched: devices.length, changed: changed.length } satisfies ChangedDevices
      })
    },

    async previewDevices(selection, change, options = {}) {
      return inTransaction(db, options.signal, async (trx) => {
        const counts = await readCounts(trx, selection, options.organization)
        return previewOf(trx, counts, change)
      })
    },
  }
}

async function changeLocked(
  trx: Transaction<Schema>,
  devices: readonly LockedDevice[],
  change: DevicesChange,
  /** Where they move to, or else their own. */
  fleet: LockedFleet | undefined,
  options: DeviceChangeOptions,
): Promise<readonly LockedDevice[]> {
  switch (change.change) {
    case "pin":
      return pinLocked(trx, devices, await loadSummary(trx, change.release), options)
    case "track-fleet":
      return unpinLocked(trx, devices, options)
    case "move": {
      if (fleet === undefined) throw fleetNotFound(change.fleet)
      const { pin } = change
      const release = pin === undefined ? undefined : await loadSummary(trx, pin)
      return moveLocked(trx, devices, fleet, release, options)
    }
    case "tag":
      return tagLocked(trx, devices, change.tags, options)
    case "remove":
      return removeLocked(trx, devices, options)
  }
}

/** Devices by what decides their target. Throws `DEVICE_NOT_FOUND`, `DEVICE_AMBIGUOUS`, `FLEET_NOT_FOUND`. */
async function readCounts(
  trx: Transaction<Schema>,
  selection: readonly string[] | FleetDevices,
  organization: string | undefined,
): Promise<TargetCount[]> {
  if ("fleet" in selection) {
    const counts = await countTargets(trx, selection)
    if (counts.length === 0) throw noMatchingDevice(selection)
    return counts
  }
  const counts: TargetCount[] = []
  const devices = await readDevices(trx, selection, organization)
  for await (const some of inTurns(devices)) {
    counts.push(
      ...(await countTargets(
        trx,
        {},
        some.map(({ id }) => id),
      )),
    )
  }
  return counts
}

async function previewOf(
  trx: Transaction<Schema>,
  counts: readonly TargetCount[],
  change: TargetsChange,
): Promise<DevicesPreview> {
  const pin = change.change === "move" ? change.pin : change.change === "pin" ? change.release : undefined
  const release = pin === undefined ? undefined : await loadSummary(trx, pin)
  const to = change.change === "move" ? await readFleet(trx, await findFleetId(trx, change.fleet)) : undefined
  const moves = new Map<string, { from: number | null; to: number | null; devices: number }>()
  let [matched, unchanged, pinned, alreadyPinned] = [0, 0, 0, 0]
  for (const { devices, uuid, ...count } of counts) {
    const from = { pin: count.fleetPin, tracked: count.fleetTracked }
    if (release !== undefined) checkDevicePin({ uuid, fleet: to?.slug ?? count.slug }, release)
    const place = { fleet: count.fleetId, pin: count.pin, generation: 0 }
    const pinAfter = to ? afterMove(place, to.id, pin).pin : (pin ?? null)
    const before = targetOfDevice(count.pin, from)
    const after = targetOfDevice(pinAfter, to ?? from)
    matched += devices
    if (count.pin !== null) pinned += devices
    if (count.pin !== null && count.pin === pin) alreadyPinned += devices
    if (before === after) {
      unchanged += devices
      continue
    }
    const key = `${before} ${after}`
    const known = moves.get(key)?.devices ?? 0
    moves.set(key, { from: before, to: after, devices: known + devices })
  }
  const sorted = [...moves.values()].toSorted((one, other) => other.devices - one.devices)
  const names = await nameReleases(
    trx,
    sorted.flatMap((move) => [move.from, move.to]),
  )
  const nameOf = (id: number | null) => (id === null ? null : (names.get(id) ?? null))
  return {
    matched,
    moves: sorted.map((move) => ({ ...move, from: nameOf(move.from), to: nameOf(move.to) })),
    unchanged,
    pinned,
    alreadyPinned,
  }
}

async function readFleet(trx: Transaction<Schema>, id: number) {
  const { slug, pinned_release_id, tracked_release_id } = await trx
    .selectFrom("fleets")
    .select(["slug", "pinned_release_id", "tracked_release_id"])
    .where("id", "=", id)
    .executeTakeFirstOrThrow()
  return { id, slug, pin: pinned_release_id, tracked: tracked_release_id }
}

async function nameReleases(
  trx: Transaction<Schema>,
  ids: readonly (number | null)[],
): Promise<Map<number, ReleaseName>> {
  const names = new Map<number, ReleaseName>()
  for await (const some of inTurns([...new Set(ids)].filter((id) => id !== null))) {
    const rows = await trx
      .selectFrom("releases as release")
      .innerJoin("fleets", "fleets.id", "release.fleet_id")
      .select("fleets.slug")
      .select(releaseNameColumns("release"))
      .where("release.id", "in", some)
      .execute()
    for (const row of rows) {
      const name = releaseNameOf(row, "release", row.slug)
      if (name !== null) names.set(name.id, name)
    }
  }
  return names
}
