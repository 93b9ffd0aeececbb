import { describe, expect, test } from "vitest"
import { sampleDevice, uuidOf } from "../sample-device.ts"
import { at, EDGE, refused, type Site } from "./site.ts"

const [ONE, TWO] = [1, 2].map(uuidOf) as [string, string]

export function describeDeviceKeys(site: Site): void {
  describe("the key of a device", () => {
    test("becomes another, and only with that it is registered already; a history has it once", async () => {
      const device = await site.device(1)
      const { key } = sampleDevice(7)
      expect(await site.store.rotateDeviceKey(ONE, key, at)).toEqual(device)
      expect(await site.store.rotateDeviceKey(ONE, key, at)).toEqual(device)
      expect(await site.store.registerDevice(EDGE, { ...sampleDevice(1), key }, at)).toEqual(device)
      await refused("DEVICE_EXISTS", new RegExp(ONE), () =>
        site.store.registerDevice(EDGE, sampleDevice(1), at),
      )
      expect((await site.history()).slice(-2)).toEqual(["device.register 1", "device.rotate-key 1"])
    })

    test("is no other device's, and none that is no key", async () => {
      const device = await site.device(1)
      await site.device(2)
      await refused("INVALID_DEVICE", /is that of another device/, () =>
        site.store.rotateDeviceKey(ONE, sampleDevice(2).key, at),
      )
      await refused("INVALID_DEVICE", /not the key of a device/, () =>
        site.store.rotateDeviceKey(ONE, "wbd_x", at),
      )
      await refused("DEVICE_NOT_FOUND", new RegExp(uuidOf(9)), () =>
        site.store.rotateDeviceKey(uuidOf(9), sampleDevice(7).key, at),
      )
      await refused("POLICY_CHANGED", new RegExp(TWO), () =>
        site.store.rotateDeviceKey(TWO, sampleDevice(7).key, { ...at, generation: 99 }),
      )
      expect(await site.store.registerDevice(EDGE, sampleDevice(1), at)).toEqual(device)
      expect((await site.history()).slice(-1)).toEqual(["device.register 2"])
    })
  })
}
