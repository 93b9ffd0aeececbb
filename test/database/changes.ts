import type { FleetStore } from "../../src/fleet/fleet-store.ts"
import { sampleDevice, uuidOf } from "../fleet/sample-device.ts"
import { sampleRelease } from "../fleet/sample-release.ts"

const EDGE = "acme/edge"
const at = { now: new Date("2026-02-03T04:05:06.789Z"), actor: "tester" }

/** What a fleet of two releases and two devices goes through, each in one transaction. */
export const CHANGES: Readonly<Record<string, (store: FleetStore) => Promise<unknown>>> = {
  record: (store) => store.recordRelease(EDGE, sampleRelease("c", { tags: { branch: "main" } }), at),
  invalidate: async (store) => store.invalidateRelease(await newest(store), at),
  pinFleet: async (store) => store.pinFleet(EDGE, await newest(store), at),
  pinDevices: async (store) => store.pinDevices([uuidOf(1), uuidOf(2)], await newest(store), at),
  register: (store) => store.registerDevice(EDGE, sampleDevice(3), at),
  removeFleet: (store) => store.removeFleet(EDGE, { ...at, withReleases: true, withDevices: true }),
}

async function newest(store: FleetStore): Promise<number> {
  return (await store.latestRelease(EDGE))?.id ?? 0
}
