import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { Device } from "../../src/fleet/device.ts"
import { SILENT_AFTER } from "../../src/fleet/rollout.ts"
import { at, EDGE, NOW, type OpenedStore, Site } from "./contract/site.ts"
import { uuidOf } from "./sample-device.ts"

/** Which devices are silent, of a store that goes by the time that it is told: that of a server stands still. */
export function describeSilence(name: string, open: () => Promise<OpenedStore>): void {
  describe(name, () => {
    const site = new Site()
    const numbers = (devices: readonly Device[]) => devices.map(({ uuid }) => Number.parseInt(uuid, 16))
    const ago = (seconds: number) => ({ now: new Date(NOW.getTime() - seconds * 1000) })
    beforeEach(async () => {
      await site.open(open)
      for (const number of [1, 2, 3, 4]) await site.device(number)
      await site.store.reportRelease(uuidOf(1), null, ago(60))
      await site.store.reportRelease(uuidOf(2), null, ago(SILENT_AFTER))
      await site.store.reportRelease(uuidOf(3), null, ago(SILENT_AFTER + 1))
    })
    afterEach(() => site.close())

    test("a device is silent that has not reported for longer than a day, or never", async () => {
      const rollout = { part: "silent", now: NOW } as const
      expect(numbers(await site.store.listDevices({ rollout }))).toEqual([3, 4])
      expect(numbers(await site.store.listDevices({ silent: { now: NOW } }))).toEqual([3, 4])
      expect(await site.store.getRollout(EDGE, { now: NOW })).toMatchObject({ onTarget: 2, silent: 2 })
    })

    test("a device is silent that has not reported for longer than was said", async () => {
      const silence = { now: NOW, silentAfter: 30 }
      expect(await site.store.totalDevices({ silent: silence })).toBe(4)
      expect(await site.store.totalDevices({ rollout: { part: "on-target", ...silence } })).toBe(0)
      expect(await site.store.getRollout(EDGE, silence)).toMatchObject({ onTarget: 0, silent: 4 })
      const endless = { now: NOW, silentAfter: Number.MAX_SAFE_INTEGER }
      expect(await site.store.getRollout(EDGE, endless)).toMatchObject({ onTarget: 3, silent: 1 })
    })

    test("devices are ordered by their last report, those that never did first", async () => {
      const order = await site.store.listDevices({}, { sort: "reportedAt" })
      expect(numbers(order)).toEqual([4, 3, 2, 1])
      expect(order[1]?.reportedAt).toBe(ago(SILENT_AFTER + 1).now.toISOString())
      expect(await site.store.getRollout(EDGE, { ...at, silentAfter: 61 })).toMatchObject({ onTarget: 1 })
    })
  })
}
