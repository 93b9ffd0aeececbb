import { expect, onTestFinished, test } from "vitest"
import { parse } from "yaml"
import { setFleetRegistry } from "../../src/operations/fleet-registry.ts"
import { openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import { Machine } from "../support/cli.ts"
import { startRegistry, type TestRegistry } from "../support/registry/test-registry.ts"
import { runRegistry } from "../support/running-registry.ts"
import { runServer } from "../support/running-server.ts"
import { bringBundle } from "../support/sample.ts"

const UUID = "3f2a6c1e9b0d4857a1c2e3f405162738"

/** A machine whose fleet acme/edge keeps a release and a device in a registry, and another registry. */
async function moved(): Promise<{ machine: Machine; from: TestRegistry; to: TestRegistry; place: string }> {
  const [from, to] = [await runRegistry(), await runRegistry()]
  const machine = await Machine.create({ slug: "acme/edge", registry: `${from.host}/old` })
  await bringBundle(machine)
  await machine.ok("release import release.tar acme/edge")
  await machine.ok(`device register acme/edge --uuid ${UUID}`)
  return { machine, from, to, place: `${to.host}/new` }
}

/** Copies the images of acme/edge to where they are to be, as a person does with a tool of another kind. */
async function mirror({ machine, place }: { machine: Machine; place: string }, bundle = "release.tar") {
  const env = { WAYBILL_HOME: machine.path("mirror") }
  await machine.run(`fleet create acme/edge --registry ${place} --no-check`, { env })
  await machine.ok(`release import ${bundle} acme/edge`, { env })
}

const registryOf = async (machine: Machine) =>
  (await machine.json<{ registry: string }>("fleet show acme/edge")).registry

test("a fleet keeps its images elsewhere once they are there, and its devices are told so at once", async () => {
  const site = await moved()
  const { machine, from, to, place } = site
  const refused = await machine.run(`fleet set acme/edge --registry ${place}`)
  expect(refused).toMatchObject({ status: 1, stdout: "" })
  expect(refused.stderr).toMatch(
    new RegExp(
      `^error: ${place}/acme/edge has not all of release 1\\.2\\.3, which devices of acme/edge are to run: .*\\nhint: copy the fleet's repository there first, .*--no-check`,
    ),
  )
  expect(await registryOf(machine)).toBe(`${from.host}/old`)

  await mirror(site)
  const said = await machine.ok(`fleet set acme/edge --registry ${place}`)
  expect(said).toMatch(
    new RegExp(
      `^acme/edge keeps its images in ${place}/acme/edge now \\(acme/edge is appended\\), and no more in ${from.host}/old/acme/edge\\n` +
        "1 device is told to pull from there at once\\n" +
        "checked: it answers, and has all of what devices are to run, by digest: 1\\.2\\.3 \\(\\d+ blobs\\)\\n" +
        "not checked: the bytes of these\\n$",
    ),
  )
  expect(await registryOf(machine)).toBe(place)
  const compose = parse(await machine.ok(`device target ${UUID} --format compose`))
  expect(compose.services.web.image).toMatch(new RegExp(`^${place}/acme/edge@sha256:`))
  expect(await machine.ok("fleet history acme/edge --limit 1")).toContain(
    `registry ${from.host}/old → ${place}`,
  )
  expect(to.requests(/^HEAD .*\/blobs\//).length).toBeGreaterThan(0)
  expect(to.requests(/^GET .*\/blobs\//)).toEqual([])
  expect(await machine.ok(`fleet set acme/edge --registry ${place}`)).toContain("already: nothing changed\n")
  // What is exported from there is what it was.
  await machine.ok("release export acme/edge -o again.tar")
  expect((await machine.shell("cmp release.tar again.tar")).status).toBe(0)
})

test("a layer that is not there is named, and so is a release that only one device is pinned to", async () => {
  const site = await moved()
  const { machine, to, place } = site
  await mirror(site)
  const { blobs } = to.storage.repository("new/acme/edge")
  const [digest = ""] = blobs
  blobs.delete(digest)
  const without = await machine.run(`fleet set acme/edge --registry ${place}`)
  expect(without.stderr).toMatch(new RegExp(`are to run: 1 of \\d+ blobs are not there: ${digest}\\n`))

  await mirror(site)
  await bringBundle(machine, 100_000)
  await machine.ok("release import release.tar acme/edge")
  await machine.ok("device pin 3f2a 1.2.3+rev1")
  await machine.ok("fleet pin acme/edge 1.2.3+rev0")
  expect(await machine.run(`fleet set acme/edge --registry ${place} --json`)).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('"code": "IMAGES_MISSING"'),
    stderr: expect.stringContaining(
      "has not all of release 1.2.3+rev1, which devices of acme/edge are to run",
    ),
  })
  await machine.ok("device track-fleet 3f2a")
  expect(await machine.ok(`fleet set acme/edge --registry ${place}`)).toContain(
    "not checked: the bytes of these; 1 other release\n",
  )
})

test("a release that a device is pinned to during the check is looked for, too", async () => {
  const site = await moved()
  const { machine, from, place } = site
  await mirror(site)
  await bringBundle(machine, 100_000)
  await machine.ok("release import release.tar acme/edge")
  await machine.ok("fleet pin acme/edge 1.2.3+rev0")
  const home = await openHome({ path: machine.path("home"), clock: systemClock, actor: "tester" })
  onTestFinished(() => home.close())
  const [newest] = await home.fleets.listReleases("acme/edge", { limit: 1 })
  const fleets = new Proxy(home.fleets, {
    get(store, name) {
      const value: unknown = Reflect.get(store, name)
      if (typeof value !== "function") return value
      return async (...given: unknown[]) => {
        if (name === "getRelease") await store.pinDevices([UUID], newest?.id ?? 0, home.change())
        return value.apply(store, given)
      }
    },
  })
  await expect(setFleetRegistry({ ...home, fleets }, "acme/edge", place)).rejects.toMatchObject({
    code: "IMAGES_MISSING",
    message: expect.stringContaining("has not all of release 1.2.3+rev1"),
  })
  expect(await registryOf(machine)).toBe(`${from.host}/old`)
})

test("a registry that does not answer is refused, unless nothing is to be checked", async () => {
  const { machine, from } = await moved()
  const gone = await startRegistry()
  await gone.close()
  const before = await registryOf(machine)
  expect(await machine.run(`fleet set acme/edge --registry ${gone.host}`)).toMatchObject({
    status: 1,
    stdout: "",
    stderr: expect.stringMatching(new RegExp(`^error: .*${gone.host}`)),
  })
  expect(await registryOf(machine)).toBe(before)
  expect(await machine.json(`fleet set acme/edge --registry ${gone.host} --no-check`)).toMatchObject({
    registry: gone.host,
    repository: `${gone.host}/acme/edge`,
    before: `${from.host}/old`,
    unchecked: 1,
    devices: { tracking: 1, pinned: 0 },
  })
  expect(await machine.ok(`fleet set acme/edge --registry ${before} --no-check`)).toContain(
    "not checked: whether it can be reached, and whether any image is there\n",
  )
})

test("a fleet of a server is set by the same command, bound to what was checked", async () => {
  const server = await runServer()
  const [from, to] = [await runRegistry(), await runRegistry()]
  await server.home.fleets.createFleet({ slug: "acme/edge", registry: from.host }, server.home.change())
  const machine = await Machine.create()
  await machine.ok(`context create site --server ${server.url} --token -`, {
    input: Buffer.from(server.token),
  })
  await machine.ok("context use site")
  expect(await machine.ok(`fleet set acme/edge --registry ${to.host}`)).toContain(
    "checked: it answers; nothing has to be there, as no device has a target\n",
  )
  expect(await server.home.fleets.getFleet("acme/edge")).toMatchObject({ registry: to.host })
})

test("a new fleet's registry is asked, and what is wrong with it is a warning: it may come later", async () => {
  const machine = await Machine.create()
  const registry = await runRegistry()
  const fine = await machine.run(`fleet create acme/edge --registry ${registry.host}/prod`)
  expect(fine).toMatchObject({
    status: 0,
    stdout: `created fleet acme/edge; its images are kept in ${registry.host}/prod/acme/edge (acme/edge is appended to the registry)\n`,
    stderr: "",
  })
  expect(registry.requests(/^GET \/v2\/$/)).toHaveLength(1)
  const gone = await startRegistry()
  await gone.close()
  const later = await machine.run(`fleet create acme/dock --registry ${gone.host} --json`)
  expect(later).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(new RegExp(`^warning: ${gone.host} cannot be used as it is: .*\\n$`)),
  })
  expect(JSON.parse(later.stdout)).toMatchObject({
    slug: "acme/dock",
    registry: gone.host,
    repository: `${gone.host}/acme/dock`,
    warnings: [expect.stringContaining("cannot be used as it is")],
  })
  const unasked = await machine.run(`fleet create acme/yard --registry ${gone.host} --no-check`)
  expect(unasked).toMatchObject({ status: 0, stderr: "" })
  const twice = await machine.run(`fleet create acme/hall --registry ${registry.host}/acme/hall`)
  expect(twice).toMatchObject({
    status: 0,
    stderr: `warning: the registry ends in acme/hall already, and that is appended once more: ${registry.host} may be meant\n`,
  })
})
