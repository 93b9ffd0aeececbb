import { beforeEach, describe, expect, test } from "vitest"
import { openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import { sampleDevice, uuidOf } from "../fleet/sample-device.ts"
import { sampleRelease } from "../fleet/sample-release.ts"
import { Machine } from "../support/cli.ts"

const [ONE, TWO, THREE] = [1, 2, 3].map(uuidOf) as [string, string, string]
let machine: Machine

interface Shown {
  uuid: string
  name: string
  fleet: string
  tags: Record<string, string>
  pin: { version: string } | null
}

/** acme/edge has 1.2.3 and the devices "press 1", "press 2" and "dock"; site/edge has nothing. */
beforeEach(async () => {
  machine = await Machine.create()
  const home = await openHome({ path: machine.path("home"), clock: systemClock, actor: "tester" })
  for (const slug of ["acme/edge", "site/edge"] as const) {
    await home.fleets.createFleet({ slug, registry: "registry.example" }, home.change())
  }
  await home.fleets.recordRelease("acme/edge", sampleRelease("a"), home.change())
  for (const [at, name] of ["press 1", "press 2", "dock"].entries()) {
    await home.fleets.registerDevice("acme/edge", sampleDevice(at + 1, { name }), home.change())
  }
  await home.close()
})

const list = (words = "") => machine.json<Shown[]>(`device list ${words}`)

describe("a device", () => {
  test("is named by its name in every command", async () => {
    for (const command of ["show", "target", "track-fleet", "pin"] as const) {
      expect(await machine.ok(["device", command, "press 1"])).toContain(ONE)
    }
    expect(await machine.ok(["device", "pin", "press 1", "1.2.3"])).toBe(
      `press 1 (${ONE}) is pinned to 1.2.3\n`,
    )
    expect(await machine.ok(["device", "report", "press 1", sampleRelease("a").commit])).toContain(
      "runs 1.2.3",
    )
    expect(await machine.ok(["device", "tag", "press 1", "a=b"])).toBe(`press 1 (${ONE}): a=b\n`)
    expect(await machine.ok(["device", "untag", "press 1", "a"])).toBe(`press 1 (${ONE}): no tags\n`)
    expect(await machine.ok(["device", "move", "press 1", "site/edge"])).toContain("moved to site/edge\n")
    expect(await machine.ok(["device", "rename", "press 1", "canary"])).toBe(
      `canary (${ONE}): it was "press 1"\n`,
    )
    expect(await machine.ok(["device", "rename", "canary", "canary"])).toContain("that is its name already")
    expect(await machine.ok(["device", "rm", "canary"])).toBe(
      `removed canary (${ONE}); its key is good for nothing now\n`,
    )
  })

  test("is refused by a name that several have, with their uuids", async () => {
    await machine.ok(["device", "rename", "press 1", "dock"])
    expect(await machine.run("device rm dock")).toMatchObject({
      status: 1,
      stderr: `error: "dock" can mean ${ONE} (dock, acme/edge), ${THREE} (dock, acme/edge)\nhint: name the one that is meant by its uuid\n`,
    })
    expect(await list()).toHaveLength(3)
  })

  test("gets no name and no tag that cannot be one", async () => {
    for (const words of [
      ["rename", ONE, ""],
      ["rename", ONE, "x".repeat(256)],
      ["tag", ONE, "site"],
      ["tag", ONE, "a b=c"],
      ["tag", ONE, "=c"],
      ["untag", ONE, "a=b"],
      ["pin", "acme/edge", "--where", "a b"],
      ["list", "--where", ""],
      ["list", ...Array.from({ length: 21 }, (_, at) => ["--where", `a${at}`]).flat()],
      ["tag", ONE],
      ["show", ""],
    ]) {
      const { status, stderr } = await machine.run(["device", ...words])
      expect(status, `${words}: ${stderr}`).toBe(2)
      expect(stderr).toMatch(/^error: .*(?:name|tag|key|missing required argument)/)
    }
  })
})

describe("several devices", () => {
  test("are moved and removed at once, by names and uuids", async () => {
    await machine.ok(["device", "move", `press 1,${TWO}`, "site/edge"])
    expect((await list("site/edge")).map(({ uuid }) => uuid)).toEqual([ONE, TWO])
    const { removed } = await machine.json<{ removed: string[] }>(["device", "rm", "press 2, press 1"])
    expect(removed).toEqual([TWO, ONE])
    expect((await list()).map(({ uuid }) => uuid)).toEqual([THREE])
  })

  test("are none of them moved or removed where one is not there", async () => {
    for (const words of [
      ["move", "press 1,none", "site/edge"],
      ["rm", `press 1,${uuidOf(9)}`],
      ["tag", "press 1,none", "a=b"],
    ]) {
      expect(await machine.run(["device", ...words])).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^error: there is no device /),
      })
    }
    expect((await list("acme/edge")).map(({ tags }) => tags)).toEqual([{}, {}, {}])
  })
})

describe("tags", () => {
  beforeEach(async () => {
    await machine.ok(["device", "tag", "press 1,press 2", "site=north", "note=a = b"])
    await machine.ok(["device", "tag", "press 2", "canary="])
  })

  test("are shown by show and list, in text and JSON", async () => {
    expect(await machine.json("device show dock")).toMatchObject({ tags: {} })
    expect(await machine.json(["device", "show", "press 2"])).toMatchObject({
      tags: { canary: "", note: "a = b", site: "north" },
    })
    expect(await machine.ok(["device", "show", "press 1"])).toMatch(/^ {2}tags +note=a = b site=north$/m)
    const lines = (await machine.ok("device list acme/edge")).split("\n")
    expect(lines[0]).toMatch(/TAGS$/)
    expect(lines[2]).toMatch(/canary= note=a = b site=north$/)
    await machine.ok(["device", "untag", "press 1,press 2", "site", "canary", "note"])
    expect(await machine.ok("device list acme/edge")).not.toContain("TAGS")
  })

  test("select what is listed: all conditions hold, and a key alone means any value", async () => {
    const names = async (words: string) => (await list(words)).map(({ name }) => name)
    expect(await names("acme/edge --where site=north")).toEqual(["press 1", "press 2"])
    expect(await names("--where site=north --where canary")).toEqual(["press 2"])
    expect(await names("site/edge --where site=north")).toEqual([])
    expect(await names("--where site=south")).toEqual([])
    expect(await names("--where site --tracking")).toEqual(["press 1", "press 2"])
  })

  test("select what is pinned and tracks again, within the fleet that is named, and say how many match", async () => {
    await machine.ok("device move dock site/edge")
    await machine.ok("device tag dock site=north")
    expect(await machine.ok("device pin acme/edge 1.2.3 --where site=north")).toBe(
      `2 devices of acme/edge with site=north\npress 1 (${ONE}) is pinned to 1.2.3\npress 2 (${TWO}) is pinned to 1.2.3\n`,
    )
    expect((await list("--pinned")).map(({ uuid }) => uuid)).toEqual([ONE, TWO])
    expect(await machine.ok("device pin acme/edge --where canary")).toBe(
      `1 device of acme/edge with canary\npress 2 (${TWO}) is pinned to 1.2.3\n`,
    )
    expect(await machine.ok("device track-fleet acme/edge --where site=north --where canary")).toMatch(
      "1 device of acme/edge with site=north, canary\npress 2",
    )
    const [pinned] = await machine.json<Shown[]>("device pin acme/edge@1.2.3 --where canary")
    expect(pinned).toMatchObject({ uuid: TWO, pin: { version: "1.2.3" } })
  })

  test("that no device has are an error, and nothing is changed", async () => {
    for (const command of ["pin acme/edge 1.2.3", "pin acme/edge", "track-fleet acme/edge"]) {
      expect(await machine.run(`device ${command} --where site=south`)).toMatchObject({
        status: 1,
        stdout: "",
        stderr: expect.stringContaining("error: no device of acme/edge has site=south\n"),
      })
    }
    expect(await machine.run(`device pin ${ONE} 1.2.3 --where site=north`)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/is neither a fleet nor a commit|is not a fleet|is no fleet/),
    })
    expect(await list("--pinned")).toEqual([])
  })

  test("and names stand in the history", async () => {
    await machine.ok(["device", "rename", "press 2", "press 3"])
    const history = await machine.ok("fleet history acme/edge --limit 2")
    expect(history).toMatch(/device\.rename +device 0+2, name press 2 → press 3/)
    expect(history).toMatch(/device\.tag +device 0+2, tags\.canary – → *$/m)
  })
})
