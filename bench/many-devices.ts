import { createHash } from "node:crypto"
import { Client } from "undici"
import { median } from "./measure.ts"
import { recordSample } from "./recorded-release.ts"
import type { RunningServer } from "./running-server.ts"
import { addRow, printMegabytes } from "./table.ts"

const DEVICES = 100_000
const RUNS = 51
const LIMIT = 0.05

/** What a person or a device asks of a server with a hundred thousand devices in one fleet. */
export async function benchManyDevices(server: RunningServer): Promise<void> {
  const { fleets } = server.database
  const change = { now: new Date(), actor: "bench" }
  await fleets.createFleet({ slug: "acme/edge", registry: "registry.example" }, change)
  for (let at = 0; at < 2; at++) await recordSample(fleets, at)
  const uuid = (at: number) => createHash("sha256").update(`${at}`).digest("hex").slice(0, 32)
  const hex = (at: number) => createHash("sha256").update(`key ${at}`).digest("hex")
  process.stderr.write(`registering ${DEVICES} devices in ${server.place.kind}\n`)
  await server.place.insertDevices(
    Array.from({ length: DEVICES }, (_, at) => ({ uuid: uuid(at), keyHash: hex(at) })),
  )

  const client = new Client(server.url)
  const ask = async (method: "GET" | "PUT", path: string, body?: object) => {
    const answer = await client.request({
      method,
      path: `/api/v1/${path}`,
      headers: { authorization: `Bearer ${server.token}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.body.text()
    if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${text}`)
    return JSON.parse(text)
  }
  const time = async (what: string, work: (run: number) => Promise<unknown>) => {
    const seconds: number[] = []
    for (let run = 0; run < RUNS; run++) {
      const started = performance.now()
      await work(run)
      seconds.push((performance.now() - started) / 1000)
    }
    addRow({
      what: `${what} of ${DEVICES} devices, ${server.place.kind}`,
      waybill: `${(median(seconds) * 1000).toFixed(1)} ms`,
      target: `${LIMIT * 1000} ms`,
      memory: printMegabytes(server.memory()),
    })
  }
  let cursor = ""
  await time("a page of 100", async () => {
    const page = await ask("GET", `devices?fleet=acme/edge&limit=100${cursor && `&cursor=${cursor}`}`)
    cursor = page.next
  })
  await time("target of one", (run) => ask("GET", `devices/${uuid(run * 1777)}/target`))
  const releases = (await ask("GET", "fleets/acme/edge/releases")).items
  await time("pin of the fleet", (run) =>
    ask("PUT", "fleets/acme/edge/policy", { policy: "pinned", release: releases[run % 2].id }),
  )
  await time("counting", () => ask("GET", "fleets/acme/edge/device-counts"))
  await client.close()
}
