import { readFile, writeFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { Machine } from "../support/cli.ts"
import { bringBundle, createSample } from "../support/sample.ts"

interface Blob {
  mediaType: string
  digest: string
  size: number
}

interface Inspected {
  services: Record<string, Blob>
  images: Record<
    string,
    {
      mediaType: string
      size: number
      contentSize?: number
      platform?: string | null
      labels?: Record<string, string> | null
      config?: Blob
      layers?: Blob[]
      manifests?: { digest: string; platform: string | null }[]
    }
  >
}

test("as JSON there is all that the text shows, and the labels: of a file as of a pipe, verified as inspected", async () => {
  const machine = await Machine.create("acme/edge")
  await createSample(machine, "acme/edge")
  await machine.ok("release export acme/edge -o release.tar")
  const { services, images } = await machine.json<Inspected>("release inspect release.tar")
  const text = await machine.ok("release inspect release.tar")

  const imageOf = (name: string) => images[services[name]?.digest ?? ""]
  const web = imageOf("web")
  expect(web?.manifests?.map(({ platform }) => platform)).toEqual(["linux/amd64", "linux/arm64"])
  expect(web?.manifests?.map(({ digest }) => images[digest]?.platform)).toEqual([
    "linux/amd64",
    "linux/arm64",
  ])
  const api = imageOf("api")
  expect(api).toMatchObject({
    platform: "linux/amd64",
    labels: { "org.opencontainers.image.title": "vending-api" },
    config: { mediaType: "application/vnd.oci.image.config.v1+json", size: expect.any(Number) },
  })
  const layers = Object.values(images).flatMap((image) => image.layers ?? [])
  expect(layers.length).toBeGreaterThan(10)
  for (const [, digest = ""] of text.matchAll(/layer (sha256:[0-9a-f]{12})/g))
    expect(layers.some((layer) => layer.digest.startsWith(digest) && layer.size > 0 && layer.mediaType)).toBe(
      true,
    )
  const sum = [api?.config, ...(api?.layers ?? [])].reduce((total, blob) => total + (blob?.size ?? 0), 0)
  expect(api?.contentSize).toBe(sum)

  for (const words of ["inspect - < release.tar", "verify release.tar", "verify - < release.tar"]) {
    const { status, stdout } = await machine.shell(`waybill release ${words.replace(/^\w+/, "$& --json")}`)
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ services, images })
  }
  expect(await machine.shell("waybill release inspect - < release.tar")).toMatchObject({
    status: 0,
    stdout: text.replace("release.tar ", "the bundle "),
  })
})

test("no layer is read of a pipe, which may stay open behind them", async () => {
  const machine = await Machine.create()
  const { file } = await bringBundle(machine)
  const input = (await readFile(file)).subarray(0, 60_000)
  for (const words of ["release inspect -", "release inspect - --json"]) {
    const { status, stdout } = await machine.start(words, { input, inputStaysOpen: true }).outcome
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining("sha256:") })
  }
})

test("what is no bundle, and a configuration that is damaged, is refused of a pipe as of a file", async () => {
  const machine = await Machine.create()
  const { file } = await bringBundle(machine)
  const bytes = await readFile(file)
  const at = bytes.indexOf('"org.opencontainers.image.title"')
  expect(at).toBeGreaterThan(0)
  bytes[at + 1] = (bytes[at + 1] ?? 0) ^ 1
  await writeFile(machine.path("damaged.tar"), bytes)
  await writeFile(machine.path("none.tar"), "x".repeat(2000))
  for (const [name, error] of [
    ["damaged.tar", /^error: .*blobs\/sha256\/[0-9a-f]{64}.*expected sha256:.*found sha256:/m],
    ["none.tar", /^error: .*not a tar archive/m],
  ] as const) {
    for (const line of [`inspect ${name} --json`, `inspect - --json < ${name}`]) {
      const { status, stdout, stderr } = await machine.shell(`waybill release ${line}`)
      expect(stderr).toMatch(error)
      expect(status).toBe(1)
      expect(JSON.parse(stdout)).toHaveProperty("error.code")
    }
  }
})
