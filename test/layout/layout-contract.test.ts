import { readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { ContentStore } from "../../src/layout/content-store.ts"
import { openLayout } from "../../src/layout/layout-source.ts"
import { blobPath } from "../../src/oci/image-layout.ts"
import { systemClock } from "../../src/system-clock.ts"
import { describeContentSource, describeContentTarget } from "../content/content-contract.ts"
import type { Sample, SampleImage } from "../support/content/sample-content.ts"
import { temporaryFolder } from "../support/content/temporary-folder.ts"

async function storeWith(image: SampleImage) {
  const root = await temporaryFolder()
  const store = await ContentStore.open(root, systemClock)
  const repository = store.repository("acme/edge")
  for (const { descriptor, body } of [...image.blobs, image.manifest]) await repository.push(descriptor, body)
  await repository.tag(image.manifest.descriptor, "1.2.3")
  const damage = async ({ descriptor }: Sample) => {
    const path = join(root, blobPath(descriptor.digest))
    const bytes = await readFile(path)
    const middle = bytes.length >> 1
    bytes[middle] = (bytes[middle] ?? 0) ^ 1
    await writeFile(path, bytes)
  }
  return { root, store, repository, damage }
}

describeContentSource("a repository of the content store", async (image) => {
  const { repository, damage } = await storeWith(image)
  return { source: repository, reference: "1.2.3", damage }
})

describeContentSource("an image layout", async (image) => {
  const { root, store, damage } = await storeWith(image)
  await store.close()
  return { source: await openLayout(root), reference: "acme/edge:1.2.3", damage }
})

describeContentTarget("a repository of the content store", async () => {
  const root = await temporaryFolder()
  const target = (await ContentStore.open(root, systemClock)).repository("acme/edge")
  return { target, leftovers: () => readdir(join(root, "ingest")) }
})
