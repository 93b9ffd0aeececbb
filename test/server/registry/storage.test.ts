import { randomUUID } from "node:crypto"
import type { IncomingMessage } from "node:http"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { Bundle } from "../../../src/bundle/bundle.ts"
import { planBundle } from "../../../src/bundle/bundle-plan.ts"
import { writeBundleFile } from "../../../src/bundle/bundle-writer.ts"
import { buildRelease } from "../../../src/bundle/release-index.ts"
import { bundleRepositories } from "../../../src/bundle/served-bundle.ts"
import type { ServedRepository } from "../../../src/content/registry-storage.ts"
import { ContentStore } from "../../../src/layout/content-store.ts"
import { systemClock } from "../../../src/system-clock.ts"
import { MemoryContent } from "../../support/memory-content.ts"
import { blob, content, makeClient, manifest, read } from "../../support/registry/content.ts"
import { startServer } from "../../support/registry/http-server.ts"
import { temporaryFolder } from "../../support/temporary-folder.ts"
import { describeStorage, LOGIN, serveStorage } from "./storage-contract.ts"

const config = content(
  Buffer.from('{"os":"linux","architecture":"amd64"}'),
  "application/vnd.oci.image.config.v1+json",
)
const layer = blob(700_001)
const image = manifest([config, layer])

describeStorage("the content store", image, layer, async () => {
  const store = await ContentStore.open(join(await temporaryFolder(), "store"), systemClock)
  onTestFinished(() => store.close())
  const served = store.served("acme/edge")
  for (const { descriptor, body } of [config, layer]) {
    const upload = await served.beginUpload(randomUUID())
    await upload.append(body(0))
    await upload.commit(descriptor.digest)
  }
  await store.repository("acme/edge").push(image.descriptor, image.body)
  return served
})

describeStorage("an open bundle", image, layer, async () => {
  const source = new MemoryContent()
  const release = buildRelease(
    {
      commit: "c0ffee0c0ffee0c0ffee0c0ffee0c0ffee0c0ffe",
      semver: "1.2.3",
      createdAt: "2026-01-02T03:04:05.678Z",
      composition: { services: { web: {} } },
      tags: {},
      services: { web: { image: image.descriptor.digest } },
    },
    [{ service: "web", image: image.descriptor }],
  )
  for (const { descriptor, bytes } of [...Object.values(release), config, layer, image]) {
    source.blobs.set(descriptor.digest, bytes)
  }
  const path = join(await temporaryFolder(), "release.tar")
  await writeBundleFile(source, await planBundle(source, release.index.descriptor), path)
  const bundle = await Bundle.open(path)
  onTestFinished(() => bundle.close())
  const [web] = bundleRepositories(bundle)
  if (web === undefined) throw new Error("the bundle has no service")
  return web
})

/** A storage whose blobs lie in another place, which gives them to whoever asks; `asked` are the requests there. */
async function storageElsewhere(): Promise<{ storage: ServedRepository; asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = []
  const place = await startServer(async (request, response) => {
    asked.push(request)
    const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? "") ?? []
    const { bytes } = layer
    const start = first === "" ? bytes.length - Number(last) : Number(first)
    const end = first === "" || last === "" ? bytes.length : Number(last) + 1
    if (request.headers.range === undefined) response.end(bytes)
    else if (start >= bytes.length) response.writeHead(416).end()
    else {
      const part = bytes.subarray(start, end)
      const range = `bytes ${start}-${start + part.length - 1}/${bytes.length}`
      response.writeHead(206, { "content-range": range }).end(part)
    }
  })
  onTestFinished(place.close)
  const storage: ServedRepository = {
    async open({ digest }) {
      if (digest === layer.descriptor.digest)
        return { location: new URL(`/${digest}?signed=1`, place.origin) }
      return {
        size: image.bytes.length,
        async *read({ offset, length }) {
          yield image.bytes.subarray(offset, offset + length)
        },
        [Symbol.asyncDispose]: async () => undefined,
      }
    },
    findManifest: async (reference) => (reference === image.descriptor.digest ? image.descriptor : undefined),
    findBlob: async (digest) => (digest === layer.descriptor.digest ? layer.descriptor : undefined),
    listTags: async () => [],
    async *listReferrers() {},
    reaches: async () => true,
  }
  return { storage, asked }
}

describeStorage(
  "a storage that sends clients elsewhere",
  image,
  layer,
  async () => (await storageElsewhere()).storage,
)

test("whoever is sent elsewhere for a blob takes no login along, and the registry reads none of it", async () => {
  const { storage, asked } = await storageElsewhere()
  const host = await serveStorage(storage)
  const client = makeClient({ credentials: { lookup: async () => LOGIN } })
  onTestFinished(() => client.close())
  await read(client.repository(host, "acme/edge").fetch(layer.descriptor))
  expect(asked.map(({ url, headers }) => [url, headers.authorization])).toEqual([
    [`/${layer.descriptor.digest}?signed=1`, undefined],
  ])
})
