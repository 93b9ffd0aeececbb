import { randomBytes } from "node:crypto"
import { expect, onTestFinished, test } from "vitest"
import * as waybill from "../../src/index.ts"
import { uuidOf } from "../fleet/sample-device.ts"
import { sampleRelease } from "../fleet/sample-release.ts"
import { Machine } from "../support/cli.ts"
import { runRegistry } from "../support/running-registry.ts"
import { runServer } from "../support/running-server.ts"
import { bringBundle } from "../support/sample.ts"

test("a program registers devices, imports a bundle, pins, and sees each target move", async () => {
  const { url, token } = await runServer()
  const registry = await runRegistry()
  const { file, images } = await bringBundle(await Machine.create())

  const site = await waybill.connect({ url, token, clock: waybill.systemClock })
  onTestFinished(() => site.close())
  const { fleets, change } = site
  const fleet = waybill.parseFleetSlug("acme/edge")
  await fleets.createFleet({ slug: fleet, registry: registry.host }, change())
  for (let number = 0; number < 3; number++) {
    const key = waybill.newDeviceKey(randomBytes)
    await fleets.registerDevice(fleet, { uuid: uuidOf(number), key }, change())
  }
  const targets = async () => (await fleets.listDevices({ fleet })).map(({ target }) => target?.version)
  expect(await targets()).toEqual([undefined, undefined, undefined])

  const { release: first } = await waybill.importRelease(site, { fleet, bundle: file })
  expect(await targets()).toEqual(["1.2.3", "1.2.3", "1.2.3"])
  await fleets.pinDevices([uuidOf(0)], first.id, change())
  const { release: second } = await fleets.recordRelease(fleet, sampleRelease("second"), change())
  expect(await targets()).toEqual(["1.2.3", "1.2.3+rev1", "1.2.3+rev1"])
  await fleets.pinFleet(fleet, first.id, change())
  expect(await targets()).toEqual(["1.2.3", "1.2.3", "1.2.3"])
  await fleets.trackLatest(fleet, change())
  await fleets.trackFleet([uuidOf(0), uuidOf(1)], change())
  expect(await targets()).toEqual(["1.2.3+rev1", "1.2.3+rev1", "1.2.3+rev1"])

  await fleets.invalidateRelease(second.id, change())
  const document = waybill.deviceTargetDocument(await fleets.getTarget(uuidOf(2)))
  expect(document.images.web).toBe(`${registry.host}/acme/edge@${images.web}`)
  expect(await waybill.findRelease(site, { commit: first.commit })).toMatchObject({ id: first.id })
  await expect(fleets.pinFleet(fleet, second.id, change())).rejects.toThrow(waybill.FleetError)
})

test("two programs that set one policy at once: the one that looked before the other did is told", async () => {
  const { url, token } = await runServer()
  const site = await waybill.connect({ url, token, clock: waybill.systemClock })
  onTestFinished(() => site.close())
  const { fleets, change } = site
  const { slug } = await fleets.createFleet({ slug: "acme/edge", registry: "registry.example" }, change())
  const {
    release: { id },
  } = await fleets.recordRelease(slug, sampleRelease("first"), change())
  const { generation } = await fleets.getFleet(slug)
  await fleets.pinFleet(slug, id, { ...change(), generation })
  await expect(fleets.trackLatest(slug, { ...change(), generation })).rejects.toMatchObject({
    code: "POLICY_CHANGED",
  })
})

test("a list longer than a page comes whole, and as long as it was asked for", async () => {
  const { url, token, home } = await runServer()
  const site = await waybill.connect({ url, token, clock: waybill.systemClock })
  onTestFinished(() => site.close())
  const fleet = waybill.parseFleetSlug("acme/edge")
  await home.fleets.createFleet({ slug: fleet, registry: "registry.example" }, home.change())
  const key = waybill.newDeviceKey(() => randomBytes(32))
  for (let number = 0; number < 1005; number++) {
    await home.fleets.registerDevice(
      fleet,
      { uuid: uuidOf(number), key: withNumber(key, number) },
      home.change(),
    )
  }
  expect(await site.fleets.listDevices({ fleet })).toEqual(await home.fleets.listDevices({ fleet }))
  expect(await site.fleets.listDevices({ fleet }, { limit: 1002 })).toHaveLength(1002)
})

function withNumber(key: string, number: number): string {
  return key.slice(0, -4) + number.toString().padStart(4, "0")
}
