import { expect, test } from "vitest"
import { Machine } from "../support/cli.ts"
import { createSample } from "../support/sample.ts"
import { serve } from "../support/served.ts"
import { runIn } from "./registry-client.ts"

const ALL = ["--insecure-policy", "copy", "--quiet", "--all", "--preserve-digests", "--src-tls-verify=false"]

/** A server with release 1.2.3 of acme/edge and skopeo, which logs in with nothing. */
async function setUp() {
  const machine = await Machine.create("acme/edge", "acme/spare")
  const release = await createSample(machine, "acme/edge")
  const { key, uuid } = await machine.json<{ key: string; uuid: string }>(
    "device register acme/edge --name press",
  )
  const { url, token } = await serve(machine)
  const { host } = new URL(url)
  const run = runIn(machine.folder)
  const skopeo = (...words: string[]) => run("skopeo", ...words)
  /** Pulls an image, all of it, and gives the digest of what came. */
  const pull = async (reference: string, ...credentials: string[]) => {
    await run("rm", "-rf", "pulled")
    await skopeo(...ALL, ...credentials, `docker://${host}/${reference}`, "oci:pulled:it")
    const index = JSON.parse(await run("cat", "pulled/index.json")) as { manifests: { digest: string }[] }
    return index.manifests[0]?.digest
  }
  const push = (reference: string, ...credentials: string[]) =>
    skopeo(
      "--insecure-policy",
      "copy",
      "--quiet",
      "--dest-tls-verify=false",
      ...credentials,
      "oci:application/images:api",
      `docker://${host}/${reference}`,
    )
  const images = Object.entries(release.services).map(([service, { digest }]) => ({ service, digest }))
  return { machine, key, uuid, token, host, skopeo, pull, push, images }
}

test("the images of a release are pulled by service and version, and by digest", async () => {
  const { images, pull, token } = await setUp()
  const login = ["--src-creds", `ada:${token}`]
  for (const { service, digest } of images) {
    expect(await pull(`acme/edge:${service}-1.2.3`, ...login)).toBe(digest)
    expect(await pull(`acme/edge@${digest}`, ...login)).toBe(digest)
  }
})

test("a device pulls the images of its target with its key, and does nothing else", async () => {
  const { machine, images, pull, push, key, uuid, token, host, skopeo } = await setUp()
  const login = ["--src-creds", `press:${key}`]
  for (const { digest } of images) expect(await pull(`acme/edge@${digest}`, ...login)).toBe(digest)

  await machine.ok(`device pin ${uuid} 1.2.3`)
  const { services } = await createSample(machine, "acme/edge", {
    size: 900_000,
    words: ["--version", "2.0.0"],
  })
  const other = `acme/edge@${services.api?.digest}`
  expect(await pull(other, "--src-creds", `ada:${token}`)).toBe(services.api?.digest)
  await expect(pull(other, ...login)).rejects.toThrow(/unknown|not found/i)
  await expect(pull("acme/spare:1.2.3", ...login)).rejects.toThrow(/unknown|not found/i)
  await expect(push("acme/edge:mine", "--dest-creds", `press:${key}`)).rejects.toThrow(/denied|unauthorized/i)
  await expect(
    skopeo("list-tags", "--tls-verify=false", "--creds", `press:${key}`, `docker://${host}/acme/edge`),
  ).rejects.toThrow(/403 \(Forbidden\)/)
})

test("anybody pulls the images of a fleet that is public, and of no other", async () => {
  const { machine, images, pull, push, token } = await setUp()
  await push("acme/spare:other", "--dest-creds", `ada:${token}`)
  const [image] = images
  await expect(pull(`acme/edge@${image?.digest}`)).rejects.toThrow(/unauthorized|authentication required/i)
  await machine.ok("fleet publish acme/edge")
  expect(await pull(`acme/edge@${image?.digest}`)).toBe(image?.digest)
  await expect(pull("acme/spare:other")).rejects.toThrow(/unauthorized|authentication required/i)
  await expect(push("acme/edge:mine")).rejects.toThrow(/unauthorized|authentication required/i)
  await machine.ok("fleet unpublish acme/edge")
  await expect(pull(`acme/edge@${image?.digest}`)).rejects.toThrow(/unauthorized|authentication required/i)
})
