import { expect, test } from "vitest"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { buildRelease } from "../../src/bundle/release-index.ts"
import { bundleTree } from "../../src/cli/bundle-view.ts"
import { printTree } from "../../src/cli/format.ts"
import { bodyOf } from "../../src/content/read-document.ts"
import { canonicalJson } from "../../src/oci/json.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { MemoryContent } from "../support/memory-content.ts"
import { put, putImage } from "../support/release.ts"

test("indexes that name one another twice, as deep as they may, are shown once each", async () => {
  const content = new MemoryContent()
  let image = await putImage(content, "amd64", [])
  for (let depth = 0; depth < 15; depth++) {
    const index = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [image, image] }
    image = await put(content, MediaType.ociIndex, canonicalJson(index))
  }
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
  const plan = await planBundle(content, documents.index.descriptor)
  const lines = printTree(bundleTree("release.tar", plan)).split("\n")
  expect(lines.filter((line) => line.includes("image  "))).toHaveLength(30)
  expect(lines.filter((line) => line.includes("as above"))).toHaveLength(15)
})
