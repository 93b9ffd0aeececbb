import { createHash, randomBytes } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { Client } from "undici"
import { newDeviceKey } from "../src/fleet/secret.ts"
import { recordSample } from "./recorded-release.ts"
import type { RunningServer } from "./running-server.ts"
import { addRow, printMegabytes } from "./table.ts"

const DEVICES = 1000
const SECONDS = 60
const PERIOD = 1000

/**
 * A thousand devices, each with a connection and a key of its own, ask for their target each second; a release is
 * recorded in the middle. Asking is spread over the second, as devices do not start together.
 */
export async function benchPolling(server: RunningServer): Promise<void> {
  const { fleets } = server.database
  const change = { now: new Date(), actor: "bench" }
  await fleets.createFleet({ slug: "acme/edge", registry: "registry.example" }, change)
  await recordSample(fleets, 0)
  const devices: { uuid: string; key: string }[] = []
  for (let at = 0; at < DEVICES; at++) {
    const uuid = createHash("sha256").update(`${at}`).digest("hex").slice(0, 32)
    const key = newDeviceKey(randomBytes)
    await fleets.registerDevice("acme/edge", { uuid, key }, change)
    devices.push({ uuid, key })
  }
  const milliseconds: number[] = []
  const problems: string[] = []
  let changed = 0
  let late = 0
  const started = performance.now()
  const before = server.cpu()
  const poll = async ({ uuid, key }: { uuid: string; key: string }, at: number) => {
    const client = new Client(server.url)
    let etag = ""
    for (let round = 0; round < SECONDS; round++) {
      const due = started + round * PERIOD + (at * PERIOD) / DEVICES
      const wait = due - performance.now()
      if (wait > 0) await sleep(wait)
      else if (wait < -PERIOD) late++
      const asked = performance.now()
      try {
        const answer = await client.request({
          method: "GET",
          path: `/api/v1/devices/${uuid}/target`,
          headers: { authorization: `Bearer ${key}`, ...(etag !== "" && { "if-none-match": etag }) },
        })
        await answer.body.dump()
        if (answer.statusCode === 200) {
          changed++
          etag = String(answer.headers.etag)
        } else if (answer.statusCode !== 304) problems.push(`status ${answer.statusCode}`)
      } catch (error) {
        problems.push(String(error))
      }
      milliseconds.push(performance.now() - asked)
    }
    await client.close()
  }
  const recording = sleep((SECONDS / 2) * PERIOD).then(() => recordSample(fleets, 1))
  await Promise.all([...devices.map(poll), recording])
  const seconds = (performance.now() - started) / 1000
  const sorted = milliseconds.toSorted((one, other) => one - other)
  const quantile = (part: number) => `${(sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(1)} ms`
  addRow({
    what: `${DEVICES} devices polling each second for ${SECONDS} s, ${server.place.kind}`,
    waybill: `99th percentile ${quantile(0.99)}, median ${quantile(0.5)}; ${problems.length} errors, ${changed} of ${sorted.length} with a body${late > 0 ? `, ${late} late` : ""}`,
    peer: `${Math.round(((server.cpu() - before) / seconds) * 100)} % of one core`,
    target: "no error",
    memory: printMegabytes(server.memory()),
  })
  if (problems.length > 0) process.stderr.write(`${problems.slice(0, 5).join("\n")}\n`)
}
