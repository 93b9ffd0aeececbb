import { setImmediate } from "node:timers/promises"
import { expect, test } from "vitest"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { bundleBytes } from "../../src/bundle/bundle-stream-writer.ts"
import { buildRelease } from "../../src/bundle/release-index.ts"
import type { ContentFetcher } from "../../src/content/interfaces.ts"
import { bodyOf } from "../../src/content/read-document.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { sample } from "../support/content/sample-content.ts"
import { MemoryContent } from "../support/memory-content.ts"
import { putImage } from "../support/release.ts"

const MIB = 1024 * 1024

test("a pipe that nobody reads fills 64 MiB at most, whatever concurrency is asked for", async () => {
  const content = new MemoryContent()
  // Layers of 8 MiB, as far as anybody reads them: the digest is another matter.
  const layers = Array.from({ length: 200 }, (_, at) => ({
    ...sample(`layer ${at}`, MediaType.ociLayer).descriptor,
    size: 8 * MIB,
  }))
  const image = await putImage(content, "amd64", layers)
  const documents = buildRelease(
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
  for (const { descriptor, bytes } of Object.values(documents)) await content.push(descriptor, bodyOf(bytes))
  let fetched = 0
  const source: ContentFetcher = {
    async *fetch(descriptor, options) {
      if (descriptor.size < MIB) return yield* content.fetch(descriptor, options)
      for (let left = 8; left > 0; left--) {
        fetched += MIB
        yield new Uint8Array(MIB)
      }
    },
  }
  const plan = await planBundle(source, documents.index.descriptor)
  const pipe = bundleBytes(source, plan, { concurrency: 1000 })
  let given = 0
  // As far as the first layer, which is then not read on.
  while (given < (plan.files.at(-200)?.offset ?? 0) + MIB) given += (await pipe.next()).value?.length ?? 0
  for (let turn = 0; turn < 200; turn++) await setImmediate()
  expect(fetched).toBeGreaterThan(32 * MIB)
  expect(fetched).toBeLessThanOrEqual((64 + 2) * MIB)
  await pipe.return()
})
