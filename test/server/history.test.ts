import { connect } from "node:net"
import { expect, onTestFinished, test } from "vitest"
import { deviceSchema } from "../../src/api/device.ts"
import { pageOf } from "../../src/api/page.ts"
import type { Limits } from "../../src/server/limits.ts"
import { sampleDevice, uuidOf } from "../fleet/sample-device.ts"
import { runServer } from "../support/running-server.ts"

const NOW = new Date("2026-02-03T04:05:06.789Z")
const at = { now: NOW, actor: "tester" }

const devicesPage = pageOf(deviceSchema)

async function start(limits: Partial<Limits> = {}) {
  const server = await runServer({ now: NOW, limits })
  const { fleets } = server.home
  await fleets.createFleet({ slug: "acme/edge" }, at)
  const ask = (path: string) =>
    fetch(`${server.url}/api/v1/${path}`, { headers: { authorization: `Bearer ${server.token}` } })
  return { fleets, ask, server }
}

test("the history as CSV has all that match, quoted as RFC 4180 says, with no formula in it", async () => {
  const { fleets, ask } = await start()
  await fleets.registerDevice("acme/edge", sampleDevice(1), { ...at, actor: '=HYPERLINK("http://x","a")' })
  await fleets.renameDevice(uuidOf(1), "a, b", { ...at, actor: "@sum" })
  await fleets.renameDevice(uuidOf(1), "-1\n+2", { ...at, actor: "+1" })
  const answer = await ask("fleets/acme/edge/history?format=csv&limit=1")
  expect(answer.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present")
  expect(answer.headers.get("content-disposition")).toBe('attachment; filename="history-of-acme-edge.csv"')
  const time = NOW.toISOString()
  expect((await answer.text()).split("\r\n")).toEqual([
    "at,actor,action,fleet,version,commit,device,other fleet,target before,target after,changed,before,after",
    `${time},'+1,device.rename,acme/edge,,,${uuidOf(1)},,,,name,"a, b","'-1\n+2"`,
    `${time},'@sum,device.rename,acme/edge,,,${uuidOf(1)},,,,name,,"a, b"`,
    `${time},"'=HYPERLINK(""http://x"",""a"")",device.register,acme/edge,,,${uuidOf(1)},,,,,,`,
    `${time},tester,fleet.create,acme/edge,,,,,,,,,`,
    "",
  ])
  const pinned = await ask("events?format=csv&action=fleet.create&action=fleet.pin")
  expect((await pinned.text()).split("\r\n")).toHaveLength(3)
})

test("a history of more entries than are read at once is whole as CSV", async () => {
  const { fleets, ask } = await start()
  const uuids = Array.from({ length: 1001 }, (_, number) => uuidOf(number))
  for (const number of uuids.keys()) await fleets.registerDevice("acme/edge", sampleDevice(number), at)
  const text = await (await ask("events?organization=acme&format=csv&action=device.register")).text()
  const devices = text
    .split("\r\n")
    .slice(1, -1)
    .map((line) => line.split(",")[6])
  expect(devices).toEqual(uuids.toReversed())
})

test("whoever does not take a long history is cut off", async () => {
  const { fleets, server } = await start({ idle: 400 })
  const uuids = Array.from({ length: 500 }, (_, number) => uuidOf(number))
  for (const number of uuids.keys()) await fleets.registerDevice("acme/edge", sampleDevice(number), at)
  // More than the system keeps on the way.
  const actor = "x".repeat(40_000)
  for (const site of ["north", "south"]) await fleets.tagDevices(uuids, { site }, { ...at, actor })
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1").pause()
  onTestFinished(() => void socket.destroy())
  socket.write(
    `GET /api/v1/events?format=csv HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.token}\r\n\r\n`,
  )
  await expect
    .poll(() => server.lines.map(({ path, status }) => [path, status]), { timeout: 10_000 })
    .toContainEqual(["/api/v1/events", 499])
})

test("a history that cannot be read to its end breaks off, and the log says why", async () => {
  const { fleets, server } = await start()
  const uuids = Array.from({ length: 500 }, (_, number) => uuidOf(number))
  for (const number of uuids.keys()) await fleets.registerDevice("acme/edge", sampleDevice(number), at)
  // More than the system keeps on the way.
  const actor = "x".repeat(20_000)
  for (const site of ["north", "south", "west"]) await fleets.tagDevices(uuids, { site }, { ...at, actor })
  const answer = await fetch(`${server.url}/api/v1/events?format=csv`, {
    headers: { authorization: `Bearer ${server.token}` },
  })
  expect(answer.status).toBe(200)
  await server.home.database.close()
  await expect(answer.text()).rejects.toThrow("terminated")
  const lineOf = () => server.lines.find(({ path }) => path === "/api/v1/events")
  await expect.poll(lineOf, { timeout: 10_000 }).toBeDefined()
  expect(lineOf()).toMatchObject({ status: 500, level: "error", error: expect.stringContaining("destroyed") })
})

test("what is wrong with a question about the history is told, also where CSV was asked for", async () => {
  const { ask } = await start()
  for (const [path, status, code] of [
    ["fleets/acme/none/history?format=csv", 404, "FLEET_NOT_FOUND"],
    ["fleets/acme/edge/history?format=csv&commit=main", 422, "INVALID_COMMIT"],
    ["events?since=yesterday", 400, "INVALID_REQUEST"],
    ["events?action=fleet.eat", 400, "INVALID_REQUEST"],
    ["events?offset=1&cursor=MQ", 400, "INVALID_REQUEST"],
    ["devices?offset=-1", 400, "INVALID_REQUEST"],
    ["fleets/acme/edge/releases?version=1.2.3&search=x", 400, "INVALID_REQUEST"],
  ] as const) {
    const answer = await ask(path)
    expect(answer.status, path).toBe(status)
    expect(await answer.json(), path).toMatchObject({ code })
  }
})

test("pages of a list in another order go on where the page before ended, and are counted", async () => {
  const { fleets, ask } = await start()
  for (const number of [1, 2, 3]) {
    await fleets.registerDevice("acme/edge", sampleDevice(number, { name: `press ${9 - number}` }), at)
  }
  const names: string[] = []
  for (let next = ""; ; ) {
    const answer = await ask(`devices?sort=name&limit=2&count=true${next && `&cursor=${next}`}`)
    const page = devicesPage.parse(await answer.json())
    expect(page.total).toBe(3)
    names.push(...page.items.map(({ name }) => name ?? ""))
    if (page.next === null) break
    next = page.next
  }
  expect(names).toEqual(["press 6", "press 7", "press 8"])
  expect(await (await ask("devices?sort=name&cursor=MQ")).json()).toMatchObject({ code: "INVALID_REQUEST" })
})
