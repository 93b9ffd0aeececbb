import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { writeBundleFile } from "../../src/bundle/bundle-writer.ts"
import { buildRelease } from "../../src/bundle/release-index.ts"
import type { ContentBody, ContentFetcher } from "../../src/content/interfaces.ts"
import { bodyOf } from "../../src/content/read-document.ts"
import { verified } from "../../src/content/verifying-reader.ts"
import { ContentStore } from "../../src/layout/content-store.ts"
import { blobPath } from "../../src/oci/image-layout.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { verifyBundleFile } from "../../src/operations/verify-bundle.ts"
import { systemClock } from "../../src/system-clock.ts"
import { MemoryContent } from "../support/memory-content.ts"
import { type Certificate, makeCertificates } from "../support/registry/certificates.ts"
import { blob, makeClient, read } from "../support/registry/content.ts"
import { type FaultRule, startFaultProxy } from "../support/registry/fault-proxy.ts"
import { startRegistry } from "../support/registry/test-registry.ts"
import { put, putImage } from "../support/release.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const MEBIBYTE = 1024 * 1024
const layer = blob(14 * MEBIBYTE + 77)

/** Spoils each chunk as soon as the interface allows it: when the fourth after it is asked for. */
async function* spoiled(bytes: Uint8Array, offset: number): AsyncGenerator<Uint8Array> {
  const given: Uint8Array[] = []
  for (let at = offset; at < bytes.length; at += MEBIBYTE) {
    given.at(-4)?.fill(0xee)
    const chunk = Buffer.from(bytes.subarray(at, at + MEBIBYTE))
    given.push(chunk)
    yield chunk
  }
  given.at(-4)?.fill(0xee)
}

const body: ContentBody = (offset) =>
  offset === 0 ? verified(layer.descriptor, spoiled(layer.bytes, 0), "a file") : spoiled(layer.bytes, offset)

describe("chunks that are written into again", () => {
  let certificates: Record<"authority" | "server", Certificate>

  beforeAll(async () => {
    certificates = await makeCertificates()
  })

  test.for<[string, boolean, FaultRule[], object]>([
    ["over TCP", false, [], {}],
    ["over TLS", true, [], {}],
    ["in small parts", false, [], { maxRequest: 700_000 }],
    [
      "again after breaks",
      false,
      [
        { on: /^PUT/, fault: { kind: "drop upload", after: 5 * MEBIBYTE + 3 } },
        { on: /^PATCH/, times: 3, fault: { kind: "drop upload", after: 2 * MEBIBYTE + 9 } },
      ],
      {},
    ],
  ])("arrive whole at a registry, %s", async ([, secure, faults, options]) => {
    const registry = await startRegistry({ ...options, ...(secure ? { tls: certificates.server } : {}) })
    onTestFinished(registry.close)
    const proxy = await startFaultProxy(registry.host, faults)
    onTestFinished(proxy.close)
    const client = makeClient(secure ? { tls: { ca: certificates.authority.cert } } : {})
    onTestFinished(() => client.close())
    const repository = client.repository(secure ? registry.host : proxy.host, "acme/edge")
    await repository.push(layer.descriptor, body)
    expect((await read(repository.fetch(layer.descriptor))).equals(layer.bytes)).toBe(true)
  })

  test("arrive whole in a content store", async () => {
    const repository = (await ContentStore.open(await temporaryFolder(), systemClock)).repository("acme/edge")
    await repository.push(layer.descriptor, body)
    expect((await read(repository.fetch(layer.descriptor))).equals(layer.bytes)).toBe(true)
  })

  test("arrive whole in a bundle", async () => {
    const content = new MemoryContent()
    const image = await putImage(content, "amd64", [await put(content, MediaType.ociLayer, layer.bytes)])
    const release = buildRelease(
      {
        commit: "c0ffee0",
        semver: "1.0.0",
        createdAt: "2026-01-02T03:04:05Z",
        composition: {},
        tags: {},
        services: { web: { image: image.digest } },
      },
      [{ service: "web", image }],
    )
    for (const { descriptor, bytes } of Object.values(release)) await content.push(descriptor, bodyOf(bytes))
    let asked = 0
    const source: ContentFetcher = {
      fetch(descriptor, options) {
        if (descriptor.size < MEBIBYTE) return content.fetch(descriptor, options)
        // The writer has to be one that lets its chunks be written into again, or nothing is tried here.
        expect(options).toMatchObject({ reuseChunks: true })
        asked++
        return spoiled(layer.bytes, 0)
      },
    }
    const path = join(await temporaryFolder(), "release.tar")
    const plan = await planBundle(source, release.index.descriptor)
    await writeBundleFile(source, plan, path)
    const place = plan.files.find(({ name }) => name === blobPath(layer.descriptor.digest))
    const written = (await readFile(path)).subarray(place?.offset, (place?.offset ?? 0) + layer.bytes.length)
    expect(written.equals(layer.bytes)).toBe(true)
    expect(asked).toBe(1)
    expect((await verifyBundleFile(path)).release).toEqual(release.index.descriptor)
  })
})
