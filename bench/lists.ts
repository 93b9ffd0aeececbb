import { Client } from "undici"
import { median } from "./measure.ts"
import type { RunningServer } from "./running-server.ts"
import { seedFleet } from "./seeded-fleet.ts"
import { addRow, printMegabytes } from "./table.ts"

const RUNS = 11
const LIMIT = 0.1

/** What the pages of a team ask of a server about one fleet with very many devices, releases and entries in its history. */
export async function benchLists(server: RunningServer): Promise<void> {
  await seedFleet(server)
  const client = new Client(server.url)
  const answer = async (path: string) => {
    const { statusCode, body } = await client.request({
      method: "GET",
      path: `/api/v1/${path}`,
      headers: { authorization: `Bearer ${server.token}` },
    })
    const text = await body.text()
    if (statusCode !== 200) throw new Error(`${path}: ${statusCode} ${text}`)
    return text
  }
  const ids = JSON.parse(await answer("fleets/acme/edge/releases?limit=1000")).items as { id: number }[]
  const target = ids[2]?.id ?? 0
  for (const { what, path, sql } of QUESTIONS) {
    const asked = path.replaceAll("TARGET", `${target}`)
    const ours = await time(() => answer(asked))
    const bare = await time(() => server.place.execute(sql))
    addRow({
      what: `${what}, ${server.place.kind}`,
      waybill: `${(ours * 1000).toFixed(1)} ms`,
      peer: `${(bare * 1000).toFixed(1)} ms  ${sql.slice(0, 60)}`,
      target: `${LIMIT * 1000} ms`,
      memory: printMegabytes(server.memory()),
    })
  }
  await client.close()
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const seconds: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const started = performance.now()
    await work()
    seconds.push((performance.now() - started) / 1000)
  }
  return median(seconds)
}

const FLEET = "fleets/acme/edge"
const IN_FLEET = "devices?fleet=acme/edge&count=true&limit=50"
const COUNT = "select count(*) from devices where fleet_id = 1"

const RELEASE_COUNT = "select count(*) from releases where fleet_id = 1"
const EVENT_COUNT = "select count(*) from fleet_events where fleet = 'acme/edge'"

const QUESTIONS: readonly { what: string; path: string; sql: string }[] = [
  { what: "rollout", path: `${FLEET}/rollout`, sql: COUNT },
  { what: "devices", path: IN_FLEET, sql: COUNT },
  { what: "devices, the last page", path: `${IN_FLEET}&offset=99950`, sql: COUNT },
  {
    what: "devices with 9001 in their name",
    path: `${IN_FLEET}&search=9001`,
    sql: `${COUNT} and lower(name) like '%9001%'`,
  },
  {
    what: "devices with nothing",
    path: `${IN_FLEET}&search=nothing`,
    sql: `${COUNT} and lower(name) like '%nothing%'`,
  },
  ...["name", "-name", "uuid", "-reportedAt", "-registeredAt"].map((sort) => ({
    what: `devices by ${sort}`,
    path: `${IN_FLEET}&sort=${sort}`,
    sql: COUNT,
  })),
  { what: "devices by name, the last page", path: `${IN_FLEET}&sort=name&offset=99950`, sql: COUNT },
  ...["on-target", "on-the-way", "pinned-elsewhere", "silent"].map((part) => ({
    what: `devices that are ${part}`,
    path: `${IN_FLEET}&rollout=${part}&sort=name`,
    sql: COUNT,
  })),
  { what: "devices that run a release", path: `${IN_FLEET}&current=TARGET&sort=name`, sql: COUNT },
  { what: "devices that should run a release", path: `${IN_FLEET}&target=TARGET&sort=name`, sql: COUNT },
  {
    what: "devices of an organization by name",
    path: "devices?organization=acme&count=true&limit=50&sort=name",
    sql: COUNT,
  },
  {
    what: "releases with their use",
    path: `${FLEET}/releases?with=use&count=true&limit=50`,
    sql: RELEASE_COUNT,
  },
  {
    what: "releases with nothing",
    path: `${FLEET}/releases?search=nothing&count=true&with=use`,
    sql: `${RELEASE_COUNT} and lower(note) like '%nothing%'`,
  },
  {
    what: "releases to pin to, by version",
    path: `${FLEET}/releases?pinnable=device&search=night&sort=-version&with=use&limit=50`,
    sql: `${RELEASE_COUNT} and lower(note) like '%night%'`,
  },
  {
    what: "releases with a tag",
    path: `${FLEET}/releases?tag=channel&count=true&limit=50`,
    sql: RELEASE_COUNT,
  },
  { what: "use of a release", path: "releases/TARGET/use", sql: COUNT },
  { what: "overviews of fleets", path: "fleet-overviews?count=true", sql: COUNT },
  { what: "history", path: `${FLEET}/history?count=true&limit=50`, sql: EVENT_COUNT },
  {
    what: "history of one actor",
    path: `${FLEET}/history?actor=ci%203&count=true&limit=50`,
    sql: `${EVENT_COUNT} and actor = 'ci 3'`,
  },
  { what: "history of nobody", path: "events?organization=acme&actor=nobody&count=true", sql: EVENT_COUNT },
  {
    what: "history before the first entry",
    path: `${FLEET}/history?until=2020-01-01T00:00:00Z&count=true`,
    sql: `${EVENT_COUNT} and at < '2020'`,
  },
]
