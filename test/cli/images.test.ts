import { writeFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { digestOf } from "../../src/oci/digest.ts"
import { writeArchive } from "../archive/support.ts"
import { Machine } from "../support/cli.ts"
import { blob, makeClient, pushImage } from "../support/registry/content.ts"
import { runRegistry } from "../support/running-registry.ts"
import { bringBundle, type PrintedRelease } from "../support/sample.ts"

/** An archive as `docker save` writes it. */
async function writeDockerArchive(path: string, tag: string): Promise<void> {
  const layer = writeArchive([{ name: "app/worker", data: "works" }])
  const config = JSON.stringify({
    os: "linux",
    architecture: "amd64",
    rootfs: { type: "layers", diff_ids: [digestOf(layer)] },
  })
  const saved = [{ Config: "config.json", RepoTags: [tag], Layers: ["layer.tar"] }]
  const bytes = writeArchive([
    { name: "config.json", data: config },
    { name: "layer.tar", data: layer },
    { name: "manifest.json", data: JSON.stringify(saved) },
  ])
  await writeFile(path, bytes)
}

function compose(images: Record<string, string>): string {
  const services = Object.entries(images).map(([service, image]) => `  ${service}: { image: "${image}" }`)
  return `services:\n${services.join("\n")}\n`
}

test("images come from a registry, a layout, and archives of both kinds, and travel on together", async () => {
  const registry = await runRegistry()
  const machine = await Machine.create("acme/edge", "site/edge")
  const { images } = await bringBundle(machine)
  await writeDockerArchive(machine.path("saved.tar"), "acme/worker:1")
  const client = makeClient()
  const pushed = await pushImage(
    client.repository(registry.host, "acme/cache"),
    [blob(300), blob(70_000, 2)],
    "7",
  )
  await client.close()
  const text = compose({
    cache: `docker://${registry.host}/acme/cache:7`,
    "cache-too": `${registry.host}/acme/cache@${pushed.descriptor.digest}`,
    api: "oci:application/images:api",
    web: "oci-archive:release.tar:web",
    worker: "docker-archive:saved.tar:acme/worker:1",
  })
  await writeFile(machine.path("compose.yml"), text)

  const { services, ...made } = await machine.json<PrintedRelease>("release create acme/edge -f compose.yml")
  expect(services).toMatchObject({
    api: { digest: images.api },
    cache: { digest: pushed.descriptor.digest },
    "cache-too": { digest: pushed.descriptor.digest },
    web: { digest: images.web },
  })
  await machine.ok("release export acme/edge -o all.tar")
  const arrived = await machine.json<PrintedRelease>("release import all.tar site/edge")
  expect(arrived).toMatchObject({ release: made.release, services })
})

test("one platform is taken out of an image for several, and no other is missed", async () => {
  const machine = await Machine.create("acme/edge", "site/edge")
  const { images } = await bringBundle(machine)
  await writeFile(machine.path("compose.yml"), compose({ web: "oci:application/images:web" }))
  const create = "release create acme/edge -f compose.yml --platform"
  const { services } = await machine.json<PrintedRelease>(`${create} linux/arm64`)
  expect(services.web?.digest).not.toBe(images.web)
  await machine.ok("release export acme/edge -o arm.tar")
  const tree = await machine.ok("release inspect arm.tar")
  expect(tree).not.toContain("linux/amd64")

  const { status, stderr } = await machine.run(`${create} linux/riscv64`)
  expect(status).toBe(1)
  expect(stderr).toMatch(
    /error: oci:.*images:web is not made for linux\/riscv64\nhint: .*linux\/amd64, linux\/arm64/,
  )
})
