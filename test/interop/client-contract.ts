import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { makeSampleApplication } from "../../fixtures/sample-application/make.ts"
import { digestOf } from "../../src/oci/digest.ts"
import { REF_NAME } from "../../src/oci/image-layout.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"
import { type RegistryClient, type Run, runIn } from "./registry-client.ts"
import { manifestOf, REGISTRIES, type TestedRegistry } from "./tested-registry.ts"

const SERVICES = ["web", "api", "db"]

/** What every client of registries can do with one, which it is logged in to. */
export function describeRegistryClient(client: RegistryClient): void {
  describe.each(Object.entries(REGISTRIES))(`${client.name} on %s`, (_, start) => {
    test("is let in with the right password alone", async () => {
      const { run, registry } = await setUp(start)
      const logInAndPush = async (password: string) => {
        await client.logIn(run, registry, password)
        await client.push(run, "web", "web", `${registry.host}/acme/edge:1.2.3`)
      }
      await expect(logInAndPush(`${registry.password}x`)).rejects.toMatchObject({
        stderr: expect.stringMatching(/unauthorized|invalid username\/password/i),
      })
      expect((await manifestOf(registry, "acme/edge", "1.2.3")).status).toBe(404)
      await logInAndPush(registry.password)
    })

    test("pushes images, one of them for two platforms, and pulls them as they were", async () => {
      const { run, registry, folder } = await setUp(start, client)
      const repository = `${registry.host}/acme/edge`
      for (const service of SERVICES) {
        await client.push(run, service, service, `${repository}:${service}-1.2.3`)
        const pushed = await manifestOf(registry, "acme/edge", `${service}-1.2.3`)
        const digest = await onlyImageOf(join(folder, service))
        expect(digestOf(pushed.bytes)).toBe(digest)
        await client.pull(run, `${repository}:${service}-1.2.3`, `${service}-by-tag`)
        await client.pull(run, `${repository}@${digest}`, `${service}-by-digest`)
        expect(await onlyImageOf(join(folder, `${service}-by-tag`))).toBe(digest)
        expect(await onlyImageOf(join(folder, `${service}-by-digest`))).toBe(digest)
      }
    })

    test("pushes the same again without harm", async () => {
      const { run, registry, folder } = await setUp(start, client)
      const image = `${registry.host}/acme/edge:1.2.3`
      await client.push(run, "web", "web", image)
      await client.push(run, "web", "web", image)
      const { bytes } = await manifestOf(registry, "acme/edge", "1.2.3")
      expect(digestOf(bytes)).toBe(await onlyImageOf(join(folder, "web")))
    })

    test("copies to another repository, and lists the tags of each", async () => {
      const { run, registry } = await setUp(start, client)
      const [from, to] = [`${registry.host}/acme/edge`, `${registry.host}/acme/spare`]
      for (const tag of ["2.0.0", "1.9.0", "10.0.0"]) await client.push(run, "web", "web", `${from}:${tag}`)
      await client.copy(run, `${from}:2.0.0`, `${to}:copied`)
      expect((await client.tags(run, from)).sort()).toEqual(["1.9.0", "10.0.0", "2.0.0"])
      expect(await client.tags(run, to)).toEqual(["copied"])
      expect(await manifestOf(registry, "acme/spare", "copied")).toEqual(
        await manifestOf(registry, "acme/edge", "2.0.0"),
      )
    })

    test("moves a tag, and what it named before stays", async () => {
      const { run, registry, folder } = await setUp(start, client)
      const repository = `${registry.host}/acme/edge`
      await client.push(run, "web", "web", `${repository}:latest`)
      await client.push(run, "api", "api", `${repository}:latest`)
      const { bytes } = await manifestOf(registry, "acme/edge", "latest")
      expect(digestOf(bytes)).toBe(await onlyImageOf(join(folder, "api")))
      await client.pull(run, `${repository}@${await onlyImageOf(join(folder, "web"))}`, "before")
    })

    test("deletes an image, which is gone with its tags, and no other", async () => {
      const { run, registry, folder } = await setUp(start, client)
      const repository = `${registry.host}/acme/edge`
      for (const service of ["api", "db"]) {
        await client.push(run, service, service, `${repository}:${service}`)
      }
      const digest = await onlyImageOf(join(folder, "api"))
      await client.remove(run, `${repository}@${digest}`)
      expect((await manifestOf(registry, "acme/edge", "api")).status).toBe(404)
      expect((await manifestOf(registry, "acme/edge", digest)).status).toBe(404)
      await expect(client.pull(run, `${repository}:api`, "gone")).rejects.toMatchObject({
        stderr: expect.stringMatching(/manifest unknown|MANIFEST_UNKNOWN|edge:api: not found/),
      })
      await client.pull(run, `${repository}:db`, "stays")
    })
  })
}

/** A registry, and the images of the sample application in a layout each, in a folder where the client works. */
export async function setUp(start: () => Promise<TestedRegistry>, client?: RegistryClient) {
  const registry = await start()
  const folder = await temporaryFolder()
  const run = runIn(folder)
  await makeSampleApplication(join(folder, "application"), { size: 1_000_000 })
  for (const service of SERVICES) await takeImage(run, service)
  await client?.logIn(run, registry, registry.password)
  return { registry, folder, run }
}

async function takeImage(run: Run, service: string): Promise<void> {
  const from = `oci:application/images:${service}`
  await run("skopeo", "--insecure-policy", "copy", "--quiet", "--all", from, `oci:${service}:${service}`)
}

async function onlyImageOf(layout: string): Promise<string> {
  const { manifests } = JSON.parse(await readFile(join(layout, "index.json"), "utf8"))
  // oras lists the images of an index too, without a name.
  const named = manifests.filter(
    (entry: { annotations?: Record<string, string> }) => entry.annotations?.[REF_NAME],
  )
  const [only, ...others] = named.length > 0 ? named : manifests
  expect(others).toEqual([])
  return only.digest
}
