import { onTestFinished } from "vitest"
import { describeContentSource, describeContentTarget } from "../content/content-contract.ts"
import { makeClient } from "../support/registry/content.ts"
import { startRegistry } from "../support/registry/test-registry.ts"

async function setUp() {
  const registry = await startRegistry()
  const client = makeClient()
  onTestFinished(async () => {
    await client.close()
    await registry.close()
  })
  return { registry, repository: client.repository(registry.host, "acme/edge") }
}

describeContentSource("a repository", async (image) => {
  const { registry, repository } = await setUp()
  for (const { descriptor, body } of [...image.blobs, image.manifest]) await repository.push(descriptor, body)
  await repository.tag(image.manifest.descriptor, "v1")
  return {
    source: repository,
    reference: "v1",
    damage: ({ descriptor, bytes }) => registry.storage.damage(descriptor.digest, bytes.length >> 1),
  }
})

describeContentTarget("a repository", async () => {
  const { registry, repository } = await setUp()
  return { target: repository, leftovers: async () => [...registry.storage.uploads.keys()] }
})
