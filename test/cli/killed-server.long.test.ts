import { expect, test } from "vitest"
import { connect } from "../../src/client/connect.ts"
import { systemClock } from "../../src/system-clock.ts"
import { sampleDevice, uuidOf } from "../fleet/sample-device.ts"
import { descriptorOf, sampleRelease } from "../fleet/sample-release.ts"
import { Machine } from "../support/cli.ts"
import { serve, serveAgain } from "../support/served.ts"

const change = { now: new Date(), actor: "tester" }

async function kill(running: {
  process: { kill(signal: NodeJS.Signals): boolean }
  outcome: Promise<unknown>
}) {
  running.process.kill("SIGKILL")
  await running.outcome
}

test("a server killed under pins and imports keeps each change that it answered, and none in part", async () => {
  const machine = await Machine.create()
  let server = await serve(machine)
  const { token } = server
  const services = Array.from({ length: 30 }, (_, at) => ({ name: `part-${at}`, ...descriptorOf(`${at}`) }))
  const setup = await connect({ url: server.url, token, clock: systemClock })
  await setup.fleets.createFleet({ slug: "acme/edge", registry: "registry.example" }, change)
  for (let at = 0; at < 5; at++) await setup.fleets.registerDevice("acme/edge", sampleDevice(at), change)
  await setup.close()
  const uuids = Array.from({ length: 5 }, (_, at) => uuidOf(at))

  let recorded = 0
  for (let round = 0; round < 5; round++) {
    const site = await connect({ url: server.url, token, clock: systemClock })
    const answered: { releases: number[]; fleetPin?: number; devicePin?: number } = { releases: [] }
    let killed = false
    const enough = Promise.withResolvers<void>()
    const load = async (name: string) => {
      for (let at = 0; !killed; at++) {
        try {
          const release = sampleRelease(`${round}-${name}-${at}`, { services })
          const {
            release: { id },
          } = await site.fleets.recordRelease("acme/edge", release, change)
          answered.releases.push(id)
          await site.fleets.pinDevices(uuids, id, change)
          await site.fleets.pinFleet("acme/edge", id, change)
          if (answered.releases.length >= 6 + 3 * round) enough.resolve()
        } catch (error) {
          if (!killed) throw error
        }
      }
    }
    const loads = [load("a"), load("b"), load("c")]
    await Promise.race([enough.promise, ...loads])
    killed = true
    await kill(server)
    await site.close()
    await Promise.all(loads)

    server = { ...(await serveAgain(machine)), token }
    const back = await connect({ url: server.url, token, clock: systemClock })
    const kept = await back.fleets.listReleases("acme/edge")
    expect(kept.map(({ id }) => id)).toEqual(expect.arrayContaining(answered.releases))
    expect(kept.length).toBeGreaterThanOrEqual(recorded + answered.releases.length)
    recorded = kept.length
    // Revisions without a gap: nothing was recorded in part, and nothing twice.
    expect(kept.map(({ revision }) => revision).toReversed()).toEqual(kept.map((_, revision) => revision))
    for (const { id } of kept.slice(0, 5))
      expect((await back.fleets.getRelease(id)).services).toHaveLength(30)
    const pins = (await back.fleets.listDevices()).map(({ pin }) => pin?.id)
    expect(new Set(pins).size).toBe(1)
    const events = await back.fleets.listEvents("acme/edge")
    const lastPin = events.find(({ action }) => action === "fleet.pin")
    expect((await back.fleets.getFleet("acme/edge")).pin?.version).toBe(lastPin?.release?.version)
    expect(events.filter(({ action }) => action === "release.create")).toHaveLength(kept.length)
    expect(events.filter(({ action }) => action === "device.pin").length % 5).toBe(0)
    await back.close()
  }
}, 120_000)
