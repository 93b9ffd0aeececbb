import { execFile } from "node:child_process"
import { open } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { expect, test } from "vitest"
import { encodeHeader } from "../../src/archive/header.ts"
import { Bundle } from "../../src/bundle/bundle.ts"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { bundleBytes } from "../../src/bundle/bundle-stream-writer.ts"
import { buildRelease } from "../../src/bundle/release-index.ts"
import type { FetchOptions } from "../../src/content/interfaces.ts"
import { bodyOf } from "../../src/content/read-document.ts"
import type { Descriptor } from "../../src/oci/descriptor.ts"
import { blobPath } from "../../src/oci/image-layout.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { MemoryContent } from "../support/memory-content.ts"
import { bytesOf, put, putImage } from "../support/release.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const run = promisify(execFile)

/** 9 GiB of zeros: more than a ustar header can say. */
const ZEROS: Descriptor = {
  mediaType: MediaType.ociLayer,
  digest: "sha256:cfbee1b311082090f6417b1026f9f83b2b3db46bc20ec64dff238d202c3782a6",
  size: 9 * 1024 ** 3,
}

/** Content in memory, and the one layer that nobody has to keep. */
class ContentWithZeros extends MemoryContent {
  override async *fetch(descriptor: Descriptor, options: FetchOptions = {}): AsyncGenerator<Uint8Array> {
    if (descriptor.digest !== ZEROS.digest) return yield* super.fetch(descriptor, options)
    const chunk = new Uint8Array(16 * 1024 * 1024)
    for (let left = ZEROS.size; left > 0; left -= chunk.length) yield chunk
  }
}

async function releaseWithZeros() {
  const content = new ContentWithZeros()
  const small = await put(content, MediaType.ociLayer, bytesOf(1, 5000))
  const images = [
    { service: "api", image: await putImage(content, "amd64", [small]) },
    { service: "model", image: await putImage(content, "amd64", [small, ZEROS]) },
    {
      service: "web",
      image: await putImage(content, "amd64", [await put(content, MediaType.ociLayer, bytesOf(2, 700))]),
    },
  ]
  const manifest = {
    commit: "c0ffee0",
    semver: "1.2.3",
    createdAt: "2026-01-02T03:04:05.678Z",
    composition: { services: {} },
    tags: {},
    services: Object.fromEntries(images.map(({ service, image }) => [service, { image: image.digest }])),
  }
  const { config, artifact, index, ...documents } = buildRelease(manifest, images)
  for (const { descriptor, bytes } of [config, documents.manifest, artifact, index])
    await content.push(descriptor, bodyOf(bytes))
  return { content, plan: await planBundle(content, index.descriptor) }
}

test("a bundle with a layer of 9 GiB has right headers for that layer and for what follows it", async () => {
  const { plan } = await releaseWithZeros()
  const path = join(await temporaryFolder(), "release.tar")
  {
    await using file = await open(path, "w")
    for (const { name, size, headerOffset, content, offset } of plan.files) {
      const header = encodeHeader(name, size)
      await file.write(header, 0, header.length, headerOffset)
      if (content instanceof Uint8Array) await file.write(content, 0, content.length, offset)
    }
    await file.truncate(plan.size)
  }
  const { stdout } = await run("tar", ["--list", "--verbose", "--numeric-owner", "--file", path])
  const listed = stdout
    .trim()
    .split("\n")
    .map((line) => line.split(/\s+/))
  expect(listed.map(([mode, owner, size, , , name]) => ({ mode, owner, size, name }))).toEqual(
    plan.files.map(({ name, size }) => ({ mode: "-rw-r--r--", owner: "0/0", size: String(size), name })),
  )
  const bundle = await Bundle.open(path)
  expect(bundle.plan.files).toEqual(plan.files)
  expect(bundle.plan.size).toBe(plan.size)
  await bundle.close()
})

test("a layer of 9 GiB goes through a pipe at the place where the plan has it", async () => {
  const { content, plan } = await releaseWithZeros()
  const headers = new Map(plan.files.map((file) => [file.headerOffset, file]))
  let position = 0
  const found: string[] = []
  for await (const chunk of bundleBytes(content, plan)) {
    const file = headers.get(position)
    if (file && Buffer.compare(chunk, encodeHeader(file.name, file.size)) === 0) found.push(file.name)
    position += chunk.length
  }
  expect(position).toBe(plan.size)
  expect(found).toEqual(plan.files.map(({ name }) => name))
  expect(found.indexOf(blobPath(ZEROS.digest))).toBeLessThan(found.length - 1)
})
