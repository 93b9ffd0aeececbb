import { expect, test } from "vitest"
import { hostileBundles } from "../../fixtures/hostile-bundles/make.ts"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { bundleBytes } from "../../src/bundle/bundle-stream-writer.ts"
import { collect } from "../../src/content/read-document.ts"
import { readBundleHead } from "../../src/dashboard/parts/import/bundle-head.ts"
import { RefusedBundle } from "../../src/dashboard/parts/import/refused-bundle.ts"
import { MemoryContent } from "../support/memory-content.ts"
import { putRelease } from "../support/release.ts"

const source = new MemoryContent()
const { descriptor } = await putRelease(source)
const plan = await planBundle(source, descriptor)
const whole = Buffer.from(await collect(bundleBytes(source, plan)))

const fileOf = (bytes: Uint8Array) => new File([new Uint8Array(bytes)], "release.tar")

test("the head of a bundle says what is inside, and ends where the first configuration begins", async () => {
  const head = await readBundleHead(fileOf(whole))
  expect(head).toMatchObject({
    digest: descriptor.digest,
    version: "1.2.3",
    commit: plan.manifest.commit,
    createdAt: plan.manifest.createdAt,
    isDraft: false,
    services: [
      { name: "api", platforms: ["linux/amd64", "linux/arm64"] },
      { name: "cron", platforms: ["linux/amd64"] },
      { name: "none", platforms: ["linux/amd64"] },
      { name: "web", platforms: ["linux/amd64"] },
      { name: "web-spare", platforms: ["linux/amd64"] },
    ],
  })
  const config = plan.files.find(({ content }) => !(content instanceof Uint8Array))
  expect(head.bytes.size).toBe(config?.headerOffset)
})

test("the size of a service is that of all parts of its image, each once", async () => {
  const { services } = await readBundleHead(fileOf(whole))
  const sizeOf = (name: string) => services.find((each) => each.name === name)?.size
  const image = plan.services.find(({ service }) => service === "web")?.image
  const { manifest } = plan.graph.document(image?.digest ?? descriptor.digest)
  const parts = manifest.kind === "manifest" ? [manifest.config, ...manifest.layers] : []
  expect(sizeOf("web")).toBe(parts.reduce((sum, { size }) => sum + size, image?.size ?? 0))
  expect(sizeOf("web-spare")).toBe(sizeOf("web"))
})

test.each(hostileBundles(whole))(
  "the head of a bundle with $what is read, or refused by the entry",
  async (bundle) => {
    const { bytes, names } = bundle
    const refused = await readBundleHead(fileOf(bytes)).then(
      () => undefined,
      (error: unknown) => error,
    )
    // What is wrong behind the head, or only to the byte, the server finds.
    if (refused === undefined) return
    expect(refused).toBeInstanceOf(RefusedBundle)
    expect((refused as Error).message).toContain(names.replace(/^.*\/| at offset$/g, ""))
  },
)

test("a file that is no bundle is refused by what it is not", async () => {
  const refusal = (bytes: Uint8Array) => readBundleHead(fileOf(bytes)).catch(({ message }: Error) => message)
  expect(await refusal(Buffer.from("hello"))).toBe("the file ends at byte 5, too early")
  expect(await refusal(Buffer.alloc(2000, "x"))).toBe("this is no tar file, so no bundle")
  expect(await refusal(new Uint8Array())).toBe("the file is empty")
  expect(await refusal(whole.subarray(0, 5000))).toBe("the file ends at byte 5000, too early")
})
