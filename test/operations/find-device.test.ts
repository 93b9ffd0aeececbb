import { join } from "node:path"
import { beforeEach, expect, onTestFinished, test } from "vitest"
import { findDevice, findDeviceName, findDevices } from "../../src/operations/find-device.ts"
import { type Home, openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import { sampleDevice, uuidOf } from "../fleet/sample-device.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

let home: Home

beforeEach(async () => {
  home = await openHome({ path: join(await temporaryFolder(), "home"), clock: systemClock, actor: "tester" })
  for (const [at, slug] of (["acme/edge", "site/edge"] as const).entries()) {
    await home.fleets.createFleet({ slug }, home.change())
    const { key } = sampleDevice(at + 1)
    await home.fleets.registerDevice(slug, sampleDevice(1, { key }), home.change())
  }
  onTestFinished(() => home.close())
})

const ONE = uuidOf(1)

test.each([ONE, "0000"])(
  "of two devices with one uuid, %s has to be named with its organization",
  async (name) => {
    expect(await findDevice(home, `acme/${name}`)).toMatchObject({ uuid: ONE, fleet: "acme/edge" })
    expect(await findDevice(home, `Site/${name}`)).toMatchObject({ uuid: ONE, fleet: "site/edge" })
    await expect(findDevice(home, name)).rejects.toMatchObject({
      code: name === ONE ? "DEVICE_AMBIGUOUS" : "AMBIGUOUS_DEVICE",
      message: expect.stringMatching(/acme\/edge.*site\/edge/),
      hint: expect.stringContaining(`acme/${name}`),
    })
  },
)

test("devices of several organizations are found beside each other, each once", async () => {
  const found = await findDevices(home, `acme/${ONE}, site/0000,acme/0000`)
  expect(found.map(({ fleet }) => fleet)).toEqual(["acme/edge", "site/edge"])
})

test.each(["/0000", "acme/", "a/b/0000", "acme/xyz"])("%s names no device", async (name) => {
  await expect(findDeviceName(home, name)).rejects.toMatchObject({ code: "INVALID_DEVICE" })
})
