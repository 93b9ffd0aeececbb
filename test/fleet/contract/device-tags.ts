import { describe, expect, test } from "vitest"
import { parseTagCondition } from "../../../src/fleet/device-tags.ts"
import { sampleDevice, uuidOf } from "../sample-device.ts"
import { at, EDGE, refused, SITE, type Site } from "./site.ts"

const [ONE, TWO, THREE] = [1, 2, 3].map(uuidOf) as [string, string, string]

export function describeDeviceTags(site: Site): void {
  describe("the name of a device", () => {
    test("is given anew, and finds it, whoever else has it", async () => {
      await site.device(1)
      await site.device(2, SITE)
      const named = await site.store.renameDevice(ONE, "press 4", at)
      expect(named).toMatchObject({ uuid: ONE, name: "press 4" })
      expect(await site.store.getDevice(ONE)).toEqual(named)
      await site.store.renameDevice(TWO, "press 4", at)
      const find = async (name: string, organization?: string) =>
        (await site.store.listDevices({ name, organization })).map(({ uuid }) => uuid)
      expect(await find("press 4")).toEqual([ONE, TWO])
      expect(await find("press 4", "site")).toEqual([TWO])
      expect(await find("press")).toEqual([])
      expect(await find("PRESS 4")).toEqual([])
      expect((await site.store.renameDevice(ONE, "press 5", at)).name).toBe("press 5")
      expect(await find("press 4")).toEqual([TWO])
    })

    test.each(["", "x".repeat(256), "a\0b", "\ud800"])("is not %j", async (name) => {
      const device = await site.device(1)
      await refused("INVALID_DEVICE", /name/, () => site.store.renameDevice(ONE, name, at))
      expect(await site.store.getDevice(ONE)).toEqual(device)
    })
  })

  describe("tags of devices", () => {
    test("are set and taken away, all others stay, and each list has them in order", async () => {
      await site.device(1)
      await site.device(2)
      const [one, two] = await site.store.tagDevices([ONE, TWO], { site: "north", hall: "3" }, at)
      expect(one?.tags).toEqual({ hall: "3", site: "north" })
      expect(Object.keys(one?.tags ?? {})).toEqual(["hall", "site"])
      expect(await site.store.listDevices()).toEqual([one, two])
      const [changed] = await site.store.tagDevices([ONE], { hall: null, site: "south", none: null }, at)
      expect(changed?.tags).toEqual({ site: "south" })
      expect(await site.store.getDevice(ONE)).toEqual(changed)
      expect(await site.store.getDevice(TWO)).toEqual(two)
      expect(await site.store.tagDevices([], { a: "b" }, at)).toEqual([])
    })

    test("keep whatever text they are, names of JavaScript's own included", async () => {
      await site.device(1)
      const tags = JSON.parse('{"__proto__":"a","constructor":"b","größe":"1 = 2","empty":""}') as object
      await site.store.tagDevices([ONE], tags as Record<string, string>, at)
      expect(Object.entries((await site.store.getDevice(ONE)).tags).toSorted()).toEqual(
        Object.entries(tags).toSorted(),
      )
      const where = [parseTagCondition("größe=1 = 2"), parseTagCondition("empty=")]
      expect(await site.store.listDevices({ where })).toHaveLength(1)
      expect(await site.store.listDevices({ where: [{ key: "toString" }] })).toEqual([])
    })

    test("select devices: by key, by value, and all conditions hold", async () => {
      for (const number of [1, 2, 3]) await site.device(number, number === 3 ? SITE : EDGE)
      await site.store.tagDevices([ONE, TWO, THREE], { site: "north" }, at)
      await site.store.tagDevices([TWO], { hall: "3", site: "south" }, at)
      const find = async (texts: string[], fleet?: typeof EDGE) =>
        (await site.store.listDevices({ fleet, where: texts.map(parseTagCondition) })).map(({ uuid }) => uuid)
      expect(await find(["site"])).toEqual([ONE, TWO, THREE])
      expect(await find(["site=north"])).toEqual([ONE, THREE])
      expect(await find(["site=north"], EDGE)).toEqual([ONE])
      expect(await find(["site=south", "hall"])).toEqual([TWO])
      expect(await find(["site=north", "hall"])).toEqual([])
      expect(await find(["site=NORTH"])).toEqual([])
      expect(await find(["hall=3"])).toEqual([TWO])
    })

    test("pin and unpin the devices of one fleet that have them, and no other", async () => {
      for (const number of [1, 2, 3]) await site.device(number)
      await site.store.registerDevice(SITE, sampleDevice(4), at)
      await site.store.tagDevices([THREE, ONE, uuidOf(4)], { canary: "" }, at)
      const { id } = await site.release("a")
      const canaries = { fleet: EDGE, where: [{ key: "canary" }] } as const
      const pinned = await site.store.pinDevices(canaries, id, at)
      expect(pinned.map(({ uuid, pin }) => [uuid, pin?.id])).toEqual([
        [ONE, id],
        [THREE, id],
      ])
      expect((await site.store.listDevices({ policy: "pinned" })).map(({ uuid }) => uuid)).toEqual([
        ONE,
        THREE,
      ])
      expect(await site.store.trackFleet(canaries, at)).toHaveLength(2)
      expect(await site.store.listDevices({ policy: "pinned" })).toEqual([])
      await refused("RELEASE_OF_OTHER_FLEET", /release of acme\/edge/, () =>
        site.store.pinDevices({ ...canaries, fleet: SITE }, id, at),
      )
      expect(await site.store.listDevices({ policy: "pinned" })).toEqual([])
    })

    test("select by a value as long as one may be", async () => {
      await site.device(1)
      const [key, value] = ["字".repeat(164), "字".repeat(500)]
      await site.store.tagDevices([ONE], { [key]: value }, at)
      expect(await site.store.listDevices({ where: [{ key, value }] })).toHaveLength(1)
      expect(await site.store.trackFleet({ fleet: EDGE, where: [{ key, value }] }, at)).toHaveLength(1)
    })

    test("that no device has select none, and that is an error", async () => {
      await site.device(1)
      const { id } = await site.release("a")
      const where = [{ key: "site", value: "north" }, { key: "hall" }]
      for (const call of [
        () => site.store.pinDevices({ fleet: EDGE, where }, id, at),
        () => site.store.trackFleet({ fleet: EDGE, where }, at),
      ]) {
        await refused("DEVICE_NOT_FOUND", /no device of acme\/edge has site=north, hall/, call)
      }
      await refused("FLEET_NOT_FOUND", /acme\/none/, () =>
        site.store.trackFleet({ fleet: "acme/none", where }, at),
      )
    })

    test.each([
      ["an empty key", { "": "x" }],
      ["white space in the key", { "a b": "x" }],
      ["a key that ends where its value begins", { "a=b": "x" }],
      ["a key of 165 characters", { ["k".repeat(165)]: "x" }],
      ["a reserved key", { "io.balena.x": "x" }],
      ["a value of 501 characters", { a: "x".repeat(501) }],
      [
        "4097 characters together",
        Object.fromEntries([..."abcdefghi"].map((key) => [key, "x".repeat(key === "i" ? 88 : 500)])),
      ],
      ["a NUL in the value", { a: "\0" }],
      ["half a character in the value", { a: "\ud800" }],
      ["51 of them", Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`k${at}`, ""]))],
    ])("are refused with %s, and nothing is changed", async (_, changes) => {
      await site.device(1)
      const [before] = await site.store.tagDevices([ONE], { a: "b" }, at)
      await refused("INVALID_DEVICE", /tag/, () => site.store.tagDevices([ONE], changes, at))
      expect(await site.store.getDevice(ONE)).toEqual(before)
    })

    test("are fifty at most, also one after the other", async () => {
      await site.device(1)
      const tags = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`k${at}`, `${at}`]))
      const [full] = await site.store.tagDevices([ONE], tags, at)
      expect(Object.keys(full?.tags ?? {})).toHaveLength(50)
      await refused("INVALID_DEVICE", /51 tags/, () => site.store.tagDevices([ONE], { more: "" }, at))
      expect(await site.store.tagDevices([ONE], { more: "", k0: null, k1: "new" }, at)).toHaveLength(1)
    })

    test("and names count a generation with each change, and bind a change to it", async () => {
      const { generation } = await site.device(1)
      const bound = { ...at, generation }
      const [tagged] = await site.store.tagDevices([ONE], { a: "b" }, bound)
      expect(tagged?.generation).toBe(generation + 1)
      for (const call of [
        () => site.store.tagDevices([ONE], { a: "c" }, bound),
        () => site.store.renameDevice(ONE, "x", bound),
      ]) {
        await refused("POLICY_CHANGED", new RegExp(ONE), call)
      }
      expect((await site.store.tagDevices([ONE], { a: "b" }, at))[0]?.generation).toBe(generation + 1)
      expect((await site.store.renameDevice(ONE, "x", at)).generation).toBe(generation + 2)
      expect((await site.store.renameDevice(ONE, "x", at)).generation).toBe(generation + 2)
    })

    test("go with a device that moves, and end with one that is removed", async () => {
      await site.device(1)
      await site.store.tagDevices([ONE], { site: "north" }, at)
      expect(await site.move(ONE, SITE, at)).toMatchObject({ fleet: SITE, tags: { site: "north" } })
      await site.store.removeDevices([ONE], at)
      expect((await site.device(1)).tags).toEqual({})
      await site.store.tagDevices([ONE], { site: "north" }, at)
      await site.store.removeFleet(EDGE, { ...at, withDevices: true })
      expect(await site.store.listDevices({ where: [{ key: "site" }] })).toEqual([])
    })
  })

  describe("several devices", () => {
    test("are moved and removed all or none, in the order they are named, each once", async () => {
      for (const number of [1, 2, 3]) await site.device(number)
      const { id } = await site.release("a", {}, SITE)
      const moved = await site.store.moveDevices([THREE, ONE, THREE], SITE, { ...at, pin: id })
      expect(moved.map(({ uuid, fleet, pin }) => [uuid, fleet, pin?.id])).toEqual([
        [THREE, SITE, id],
        [ONE, SITE, id],
      ])
      await refused("DEVICE_NOT_FOUND", new RegExp(uuidOf(9)), () =>
        site.store.moveDevices([ONE, uuidOf(9)], EDGE, at),
      )
      await refused("DEVICE_NOT_FOUND", new RegExp(uuidOf(9)), () =>
        site.store.removeDevices([ONE, uuidOf(9)], at),
      )
      expect((await site.store.getDevice(ONE)).fleet).toBe(SITE)
      await site.store.removeDevices([ONE, THREE, ONE], at)
      expect((await site.store.listDevices()).map(({ uuid }) => uuid)).toEqual([TWO])
      expect(await site.store.moveDevices([], EDGE, at)).toEqual([])
      await site.store.removeDevices([], at)
    })

    test("are not moved where one cannot be: its uuid is taken there", async () => {
      const [one, two] = [await site.device(1), await site.device(2)]
      await site.store.registerDevice(SITE, sampleDevice(2, { key: sampleDevice(5).key }), at)
      await refused("DEVICE_EXISTS", new RegExp(`${TWO} in site`), () =>
        site.store.moveDevices([ONE, TWO], SITE, { ...at, organization: "acme" }),
      )
      expect(await site.store.listDevices({ organization: "acme" })).toEqual([one, two])
    })
  })
}
