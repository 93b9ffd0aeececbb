import { randomBytes } from "node:crypto"
import { beforeEach, describe, expect, test } from "vitest"
import type { Role } from "../../src/fleet/access.ts"
import { newTokenSecret } from "../../src/fleet/secret.ts"
import { sampleDevice, uuidOf } from "../fleet/sample-device.ts"
import { sampleRelease } from "../fleet/sample-release.ts"
import { runServer, type TestServer } from "../support/running-server.ts"

let server: TestServer
let release: number

beforeEach(async () => {
  server = await runServer()
  const { fleets, change } = server.home
  for (const slug of ["acme/edge", "site/edge"] as const) {
    await fleets.createFleet({ slug, registry: "registry.example" }, change())
  }
  release = (await fleets.recordRelease("acme/edge", sampleRelease("a"), change())).release.id
  for (const number of [1, 2, 3]) {
    await fleets.registerDevice(number === 3 ? "site/edge" : "acme/edge", sampleDevice(number), change())
  }
  await fleets.tagDevices([1, 2, 3].map(uuidOf), { site: "north" }, change())
})

async function ask(
  method: string,
  path: string,
  body?: unknown,
  { token = server.token, ...headers }: Record<string, string> & { token?: string } = {},
) {
  const response = await fetch(`${server.url}/api/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
    body: body === undefined ? null : JSON.stringify(body),
  })
  const text = await response.text()
  const answer = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>)
  return { status: response.status, etag: response.headers.get("etag") ?? "", answer }
}

async function tokenOf(role: Role, organization: string): Promise<string> {
  const secret = newTokenSecret(randomBytes)
  await server.home.access.createToken({ name: role, role, organization, secret }, server.home.change())
  return secret
}

const north = { fleet: "acme/edge", where: ["site=north"] }

describe("a policy for the devices of a fleet with some tags", () => {
  test("is set for these, and the answer says for how many, however many those are", async () => {
    const pinned = await ask("PUT", "devices/policy", { ...north, policy: "pinned", release })
    expect({ status: pinned.status, answer: pinned.answer }).toEqual({
      status: 200,
      answer: { matched: 2, changed: 2 },
    })
    expect(await server.home.fleets.listDevices({ policy: "pinned" })).toMatchObject([
      { uuid: uuidOf(1), pin: { id: release } },
      { uuid: uuidOf(2), pin: { id: release } },
    ])
    const tracking = await ask("PUT", "devices/policy", { ...north, policy: "track-fleet" })
    expect(tracking.answer).toEqual({ matched: 2, changed: 2 })
    expect(await server.home.fleets.listDevices({ policy: "pinned" })).toEqual([])
  })

  test("lets others have their turn between one thousand devices and the next", async () => {
    const { fleets, change } = server.home
    for (let number = 10; number <= 2010; number++) {
      await fleets.registerDevice("site/edge", sampleDevice(number), change())
    }
    const uuids = (await fleets.listDevices({ fleet: "site/edge" })).map(({ uuid }) => uuid)
    await fleets.tagDevices(uuids, { hall: "3" }, change())
    const at = (await fleets.recordRelease("site/edge", sampleRelease("b"), change())).release.id
    let turns = 0
    let next = setImmediate(function turn() {
      turns++
      next = setImmediate(turn)
    })
    const group = { fleet: "site/edge", where: [{ key: "hall" }] } as const
    expect(await fleets.pinDevices(group, at, change())).toHaveLength(2002)
    clearImmediate(next)
    // Between the three parts of what is set, of its history, and of what is read again.
    expect(turns).toBeGreaterThanOrEqual(6)
  })

  test("that none has is not found", async () => {
    const { status, answer } = await ask("PUT", "devices/policy", {
      fleet: "acme/edge",
      where: ["site=south"],
      policy: "track-fleet",
    })
    expect({ status, ...answer }).toMatchObject({
      status: 404,
      code: "DEVICE_NOT_FOUND",
      detail: "no device of acme/edge has site=south",
    })
  })

  test.each<[string, object, number, string]>([
    ["uuids as well", { ...north, uuids: [uuidOf(1)] }, 400, "INVALID_REQUEST"],
    ["neither", {}, 400, "INVALID_REQUEST"],
    ["a fleet alone", { fleet: "acme/edge" }, 400, "INVALID_REQUEST"],
    ["tags alone", { where: ["site=north"] }, 400, "INVALID_REQUEST"],
    ["no tag", { fleet: "acme/edge", where: [] }, 400, "INVALID_REQUEST"],
    ["21 tags", { fleet: "acme/edge", where: Array(21).fill("a") }, 400, "INVALID_REQUEST"],
    ["a tag that cannot be one", { fleet: "acme/edge", where: ["a b=c"] }, 422, "INVALID_DEVICE"],
    ["a fleet that is not there", { ...north, fleet: "acme/none" }, 404, "FLEET_NOT_FOUND"],
  ])("is refused with %s, and nothing is changed", async (_, named, status, code) => {
    const refused = await ask("PUT", "devices/policy", { ...named, policy: "pinned", release })
    expect({ status: refused.status, code: refused.answer.code }).toEqual({ status, code })
    expect(await server.home.fleets.listDevices({ policy: "pinned" })).toEqual([])
  })

  test("takes a deployer of the fleet's organization, and is bound to a generation", async () => {
    const set = { ...north, policy: "pinned", release }
    const as = async (role: Role, organization: string) =>
      (await ask("PUT", "devices/policy", set, { token: await tokenOf(role, organization) })).status
    expect(await as("viewer", "acme")).toBe(403)
    expect(await as("admin", "site")).toBe(404)
    // Tagging was the first change of each.
    expect((await ask("PUT", "devices/policy", { ...set, generation: 0 })).status).toBe(412)
    expect(await server.home.fleets.listDevices({ policy: "pinned" })).toEqual([])
    expect((await ask("PUT", "devices/policy", { ...set, generation: 1 })).status).toBe(200)
    expect(await as("deployer", "acme")).toBe(200)
  })
})

test("one condition and several find devices, and what cannot be one is refused", async () => {
  const find = async (query: string) => {
    const { status, answer } = await ask("GET", `devices?${query}`)
    const items = (answer.items ?? []) as { uuid: string }[]
    return status === 200 ? items.map(({ uuid }) => uuid) : answer.code
  }
  expect(await find("where=site")).toEqual([1, 2, 3].map(uuidOf))
  expect(await find("where=site&where=site%3Dnorth&fleet=acme/edge")).toEqual([1, 2].map(uuidOf))
  expect(await find("where=site%3Dsouth")).toEqual([])
  expect(await find("where=a%20b")).toBe("INVALID_DEVICE")
  expect(await find("where=")).toBe("INVALID_DEVICE")
  expect(await find(Array(21).fill("where=a").join("&"))).toBe("INVALID_REQUEST")
  expect(await find("name=none")).toEqual([])
})

test("a name and tags are set while they are what was seen", async () => {
  const path = `devices/${uuidOf(1)}`
  const { etag } = await ask("GET", path)
  const renamed = await ask("PUT", `${path}/name`, { name: "press 4" }, { "if-match": etag })
  expect(renamed).toMatchObject({ status: 200, answer: { name: "press 4" } })
  expect(await ask("PATCH", `${path}/tags`, { tags: { a: "b" } }, { "if-match": etag })).toMatchObject({
    status: 412,
    answer: { code: "POLICY_CHANGED" },
  })
  const { status, answer } = await ask(
    "PATCH",
    `${path}/tags`,
    { tags: { a: "b", site: null } },
    { "if-match": renamed.etag },
  )
  expect({ status, tags: answer.tags }).toEqual({ status: 200, tags: { a: "b" } })
  for (const tags of [{ a: 1 }, [], "a=b", null]) {
    expect(await ask("PATCH", `${path}/tags`, { tags })).toMatchObject({
      status: 400,
      answer: { code: "INVALID_REQUEST" },
    })
  }
})

test("many devices are tagged, moved and removed at once, or none of them", async () => {
  const uuids = [uuidOf(1), uuidOf(2)]
  const token = await tokenOf("deployer", "acme")
  const both = (items: object) => ({ status: 200, answer: { items: [items, items] } })
  expect(await ask("PATCH", "devices/tags", { uuids, tags: { hall: "3" } }, { token })).toMatchObject(
    both({ tags: { hall: "3", site: "north" } }),
  )
  // The third is another organization's, and so not there.
  const foreign = [...uuids, uuidOf(3)]
  const admin = await tokenOf("admin", "acme")
  for (const [method, path, body] of [
    ["PATCH", "devices/tags", { uuids: foreign, tags: { hall: null } }],
    ["PUT", "devices/fleet", { uuids: foreign, fleet: "acme/edge" }],
    ["POST", "devices/remove", { uuids: foreign }],
  ] as const) {
    const { status, answer } = await ask(method, path, body, { token: admin })
    expect({ status, code: answer.code }, path).toEqual({ status: 404, code: "DEVICE_NOT_FOUND" })
  }
  expect((await ask("POST", "devices/remove", { uuids }, { token })).status).toBe(403)
  expect(await ask("PUT", "devices/fleet", { uuids, fleet: "site/edge" })).toMatchObject(
    both({ fleet: "site/edge", tags: { hall: "3" } }),
  )
  expect((await ask("POST", "devices/remove", { uuids, generation: 4711 })).status).toBe(412)
  expect((await ask("POST", "devices/remove", { uuids })).status).toBe(204)
  expect((await server.home.fleets.listDevices()).map(({ uuid }) => uuid)).toEqual([uuidOf(3)])
})

describe("the devices of a fleet that a filter lets through", () => {
  const devices = { fleet: "acme/edge", search: "0" }

  test.each([
    ["PUT", "devices/policy", () => ({ policy: "pinned", release })],
    ["PATCH", "devices/tags", () => ({ tags: { hall: "3" } })],
    ["PUT", "devices/fleet", () => ({ fleet: "site/edge" })],
    ["POST", "devices/remove", () => ({})],
  ] as const)(
    "%s %s changes all of them, or says that they are others by now",
    async (method, path, body) => {
      const before = await server.home.fleets.listDevices({})
      const refused = await ask(method, path, { devices, expected: 7, ...body() })
      expect(refused).toMatchObject({ status: 412, answer: { code: "DEVICES_CHANGED" } })
      expect(await server.home.fleets.listDevices({})).toEqual(before)
      const viewer = await tokenOf("viewer", "acme")
      expect((await ask(method, path, { devices, ...body() }, { token: viewer })).status).toBe(403)
      const foreign = await tokenOf("admin", "site")
      expect(await ask(method, path, { devices, ...body() }, { token: foreign })).toMatchObject({
        status: 404,
        answer: { code: "FLEET_NOT_FOUND" },
      })
      expect(await server.home.fleets.listDevices({})).toEqual(before)
      const done = await ask(method, path, { devices, expected: 2, ...body() })
      expect({ status: done.status, answer: done.answer }).toEqual({
        status: 200,
        answer: { matched: 2, changed: 2 },
      })
    },
  )

  test.each([
    { devices, uuids: [uuidOf(1)] },
    { devices, organization: "acme" },
    { uuids: [uuidOf(1)], expected: 1 },
    { devices: { search: "0" } },
    { devices: { ...devices, unknown: true } },
    { devices: { ...devices, silentSince: "" } },
    { devices: { ...devices, silentSince: null } },
    { devices: { ...devices, target: true } },
    { devices: { ...devices, current: [1] } },
    {},
  ])("are not those of %j", async (selection) => {
    for (const [method, path, body] of [
      ["PUT", "devices/policy", { policy: "track-fleet" }],
      ["PATCH", "devices/tags", { tags: {} }],
      ["POST", "devices/remove", {}],
      ["POST", "devices/preview", { policy: "track-fleet" }],
    ] as const) {
      expect(await ask(method, path, { ...selection, ...body })).toMatchObject({
        status: 400,
        answer: { code: "INVALID_REQUEST" },
      })
    }
    expect(await server.home.fleets.listDevices({})).toHaveLength(3)
  })

  test.each([
    [{}, '"policy": it should be'],
    [{ policy: "track-fleet" }, "name the devices: either by uuids, or by devices"],
    [{ policy: "pinned", uuids: ["a"] }, '"release": it is missing'],
    [
      { policy: "track-fleet", devices: { fleet: "acme/edge", policy: "none" } },
      '"devices.policy": it should be one of pinned, tracking',
    ],
  ])("of a preview of %j it is told what is wrong", async (body, detail) => {
    expect(await ask("POST", "devices/preview", body)).toMatchObject({
      status: 400,
      answer: { code: "INVALID_REQUEST", detail: expect.stringContaining(detail) },
    })
  })

  test("are told what they would run, by whoever may change it", async () => {
    const pin = { policy: "pinned", release }
    const preview = await ask("POST", "devices/preview", { devices, ...pin })
    expect(preview).toMatchObject({
      status: 200,
      answer: { matched: 2, moves: [], unchanged: 2, pinned: 0, alreadyPinned: 0 },
    })
    const moved = await ask("POST", "devices/preview", { uuids: [uuidOf(1)], fleet: "site/edge" })
    expect(moved.answer).toMatchObject({
      matched: 1,
      moves: [{ from: { id: release }, to: null, devices: 1 }],
    })
    const viewer = await tokenOf("viewer", "acme")
    expect((await ask("POST", "devices/preview", { devices, ...pin }, { token: viewer })).status).toBe(403)
  })

  test("may be thousands: others have their turn meanwhile", async () => {
    const { fleets, change } = server.home
    for (let number = 10; number < 3010; number++) {
      await fleets.registerDevice("site/edge", sampleDevice(number), change())
    }
    const all = { fleet: "site/edge" } as const
    const { id } = (await fleets.recordRelease("site/edge", sampleRelease("b"), change())).release
    for (const what of [
      { change: "pin", release: id },
      { change: "tag", tags: { hall: "3" } },
      { change: "move", fleet: "acme/edge" },
    ] as const) {
      let turns = 0
      let next = setImmediate(function turn() {
        turns++
        next = setImmediate(turn)
      })
      expect((await fleets.changeDevices(all, what, change())).changed).toBe(3001)
      clearImmediate(next)
      // Between the four parts of what is set and of its history.
      expect(turns).toBeGreaterThanOrEqual(6)
    }
  })
})

test("a device's key that was replaced opens nothing from then on", async () => {
  const { key: old } = sampleDevice(1)
  const target = `devices/${uuidOf(1)}/target`
  expect((await ask("GET", target, undefined, { token: old })).status).toBe(200)
  const { status, answer } = await ask("POST", `devices/${uuidOf(1)}/key?organization=acme`, {})
  expect({ status, answer }).toMatchObject({ status: 200, answer: { device: { uuid: uuidOf(1) } } })
  const key = String(answer.key)
  expect(key).toMatch(/^wbd_.{43}$/)
  expect((await ask("GET", target, undefined, { token: old })).status).toBe(401)
  expect((await ask("GET", target, undefined, { token: key })).status).toBe(200)
  const own = await ask("POST", `devices/${uuidOf(1)}/key`, {}, { token: key })
  expect(own).toMatchObject({ status: 403, answer: { code: "FORBIDDEN" } })
})
