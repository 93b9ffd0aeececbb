import { afterAll, expect, test } from "vitest"
import { sampleDevice } from "../fleet/sample-device.ts"
import { sampleRelease } from "../fleet/sample-release.ts"
import { startPostgres } from "../support/postgres.ts"
import { runServer } from "../support/running-server.ts"

const postgres = await startPostgres()
afterAll(() => postgres.stop())

test("a device that asks while its target is replaced and removed gets the one or the other", async () => {
  const server = await runServer({ database: await postgres.createDatabase() })
  const { fleets, change } = server.home
  const device = sampleDevice(1)
  await fleets.createFleet({ slug: "acme/edge", registry: "registry.example" }, change())
  await fleets.registerDevice("acme/edge", device, change())
  const headers = { authorization: `Bearer ${device.key}` }
  const statuses = new Set<number>()
  let isDone = false
  const poll = async () => {
    while (!isDone) {
      const answer = await fetch(`${server.url}/api/v1/devices/${device.uuid}/target`, { headers })
      await answer.text()
      statuses.add(answer.status)
    }
  }
  const polls = Array.from({ length: 4 }, poll)
  let {
    release: { id },
  } = await fleets.recordRelease("acme/edge", sampleRelease("0"), change())
  for (let round = 1; round < 80; round++) {
    const { release: next } = await fleets.recordRelease("acme/edge", sampleRelease(`${round}`), change())
    await fleets.removeRelease(id, change())
    id = next.id
  }
  isDone = true
  await Promise.all(polls)
  expect([...statuses]).toEqual([200])
})
