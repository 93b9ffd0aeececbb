import { expect, test } from "vitest"
import { digestOf } from "../../src/oci/digest.ts"
import { Machine } from "../support/cli.ts"
import { bringBundle } from "../support/sample.ts"
import { serveBundle } from "../support/served.ts"
import { setUp } from "./client-contract.ts"
import { crane, regctl, runIn } from "./registry-client.ts"
import { manifestOf, REGISTRIES } from "./tested-registry.ts"

test("the command that is printed for the release copies it whole", async () => {
  const site = await Machine.create()
  const bundle = await bringBundle(site)
  const { command } = await serveBundle(site, bundle.file)
  const run = runIn(site.folder)
  await run("sh", "-c", command)
  expect(await run("oras", "resolve", "--oci-layout", "release:1.2.3")).toContain(bundle.release)
})

test.each([
  ["crane", crane],
  ["regctl", regctl],
])("%s copies services and the whole release from a bundle that is served to a server", async (_, client) => {
  const site = await Machine.create()
  const bundle = await bringBundle(site)
  const from = await serveBundle(site, bundle.file)
  const { run, registry } = await setUp(REGISTRIES["waybill serve"], client)
  if (client === regctl) await run("regctl", "registry", "set", "--tls", "disabled", from.host)
  for (const [repository, digest] of Object.entries({ ...bundle.images, release: bundle.release })) {
    await client.copy(run, `${from.host}/${repository}:1.2.3`, `${registry.host}/acme/edge:${repository}`)
    const { bytes } = await manifestOf(registry, "acme/edge", repository)
    expect(digestOf(bytes)).toBe(digest)
  }
  expect(await client.tags(run, `${from.host}/web`)).toEqual(["1.2.3"])
  await expect(client.copy(run, `${from.host}/web:1.2.3`, `${from.host}/web:2.0.0`)).rejects.toThrow(
    "this registry is read-only",
  )
  expect(await client.tags(run, `${from.host}/web`)).toEqual(["1.2.3"])
})
