import { join } from "node:path"
import { beforeEach, describe, expect, onTestFinished, test } from "vitest"
import { connect } from "../../src/client/connect.ts"
import { findDevice, findDeviceName, findDevices } from "../../src/operations/find-device.ts"
import { type Home, openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import { sampleDevice, uuidOf } from "../fleet/sample-device.ts"
import { runServer } from "../support/running-server.ts"
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

test.each(["/0000", "acme/", "a/b/0000", "acme/xyz", "000", "press"])(
  "%s is no device's name, uuid or beginning of one",
  async (name) => {
    await expect(findDeviceName(home, name)).rejects.toMatchObject({
      code: "DEVICE_NOT_FOUND",
      message: `there is no device "${name}"`,
      hint: expect.stringContaining("4 or more digits"),
    })
  },
)

test.each(["", " ", "x".repeat(1001)])("%j names nothing", async (name) => {
  await expect(findDeviceName(home, name)).rejects.toMatchObject({ code: "INVALID_DEVICE" })
})

test("as many devices as are changed at once are found at a server, too", async () => {
  const { url, token, home: served } = await runServer()
  await served.fleets.createFleet({ slug: "acme/edge" }, served.change())
  const numbers = Array.from({ length: 40 }, (_, at) => at + 1)
  for (const number of numbers) {
    await served.fleets.registerDevice("acme/edge", sampleDevice(number), served.change())
  }
  const context = await connect({ url, token, clock: systemClock })
  onTestFinished(() => context.close())
  const uuids = numbers.map(uuidOf)
  const found = await findDevices(context, uuids.join(","))
  expect(found.map(({ uuid }) => uuid)).toEqual(uuids)
})

describe("by its name, a device is found", () => {
  const named = (uuid: string, name: string, organization: string) =>
    home.fleets.renameDevice(uuid, name, { ...home.change(), organization })
  const register = (number: number, name: string) =>
    home.fleets.registerDevice("acme/edge", sampleDevice(number, { name }), home.change())

  test("where it alone has it, in whatever organization", async () => {
    await named(ONE, "press 4", "acme")
    expect(await findDevice(home, "press 4")).toMatchObject({ fleet: "acme/edge" })
    expect(await findDevice(home, "acme/press 4")).toMatchObject({ fleet: "acme/edge" })
    await expect(findDevice(home, "site/press 4")).rejects.toMatchObject({ code: "DEVICE_NOT_FOUND" })
    await named(ONE, "press 4", "site")
    expect(await findDevice(home, "site/press 4")).toMatchObject({ fleet: "site/edge" })
    await expect(findDevice(home, "press 4")).rejects.toMatchObject({
      code: "AMBIGUOUS_DEVICE",
      message: `"press 4" can mean ${ONE} (press 4, acme/edge), ${ONE} (press 4, site/edge)`,
      hint: expect.stringContaining("acme/press 4"),
    })
  })

  test("and refused where several have it, with the uuid of each", async () => {
    await register(7, "press")
    await register(8, "press")
    await expect(findDevice(home, "press")).rejects.toMatchObject({
      code: "AMBIGUOUS_DEVICE",
      message: `"press" can mean ${uuidOf(7)} (press, acme/edge), ${uuidOf(8)} (press, acme/edge)`,
      hint: "name the one that is meant by its uuid",
    })
  })

  test("that begins the uuid of another is ambiguous, and of the same is not", async () => {
    const cafe = "cafe".padEnd(32, "0")
    await home.fleets.registerDevice("acme/edge", sampleDevice(5, { uuid: cafe }), home.change())
    expect(await findDevice(home, "cafe")).toMatchObject({ uuid: cafe })
    await named(cafe, "cafe", "acme")
    expect(await findDevice(home, "cafe")).toMatchObject({ uuid: cafe })
    await register(6, "cafe0")
    await expect(findDevice(home, "cafe0")).rejects.toMatchObject({
      code: "AMBIGUOUS_DEVICE",
      message: expect.stringContaining(`${uuidOf(6)} (cafe0, acme/edge), ${cafe} (cafe, acme/edge)`),
    })
    // A whole uuid is nothing else.
    await register(9, cafe)
    expect(await findDeviceName(home, cafe)).toEqual({ uuid: cafe })
  })

  test("with a / in it, which may be read as an organization, too", async () => {
    await register(7, "site/dock")
    expect(await findDevice(home, "site/dock")).toMatchObject({ uuid: uuidOf(7) })
    await named(ONE, "dock", "site")
    await expect(findDevice(home, "site/dock")).rejects.toMatchObject({ code: "AMBIGUOUS_DEVICE" })
  })

  test("with a comma in it, unless a part of it is one, too", async () => {
    await register(7, "dock 7, left")
    await register(8, "press")
    const uuids = async (text: string) => (await findDevices(home, text)).map(({ uuid }) => uuid)
    expect(await uuids("dock 7, left")).toEqual([uuidOf(7)])
    expect(await uuids(`press, ${uuidOf(7)},press`)).toEqual([uuidOf(8), uuidOf(7)])
    await expect(uuids("press, none")).rejects.toMatchObject({
      code: "DEVICE_NOT_FOUND",
      message: 'there is no device "none"',
    })
    await register(9, "dock 7")
    await expect(uuids("dock 7, left")).rejects.toMatchObject({
      code: "AMBIGUOUS_DEVICE",
      message: expect.stringContaining(
        `${uuidOf(7)} (dock 7, left, acme/edge), ${uuidOf(9)} (dock 7, acme/edge)`,
      ),
    })
  })
})
