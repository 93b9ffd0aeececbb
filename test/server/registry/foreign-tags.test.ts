import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { beforeEach, expect, test } from "vitest"
import { digestHex, digestOf } from "../../../src/oci/digest.ts"
import { MediaType } from "../../../src/oci/media-types.ts"
import { type Content, contentOf, indexOf, manifestOf } from "./images.ts"
import { type OpenRegistry, runOpenRegistry } from "./open-registry.ts"

const layer = contentOf("layer")
const config = contentOf("config")
const image = manifestOf([config, layer])
const index = indexOf([image])

let registry: OpenRegistry

beforeEach(async () => {
  registry = await runOpenRegistry()
})

const blobPath = ({ digest }: Content) => join(registry.root, "blobs", "sha256", digestHex(digest))

/** Puts content into the layout and names it, as another tool would. */
async function tag(name: string, named: Content, ...all: Content[]): Promise<void> {
  await mkdir(join(registry.root, "blobs", "sha256"), { recursive: true })
  for (const content of all) await writeFile(blobPath(content), content.bytes)
  const path = join(registry.root, "index.json")
  const file = JSON.parse(await readFile(path, "utf8")) as { manifests: object[] }
  const { mediaType, digest, size } = named
  const annotations = { "org.opencontainers.image.ref.name": name }
  file.manifests.push({ mediaType, digest, size, annotations })
  await rm(path)
  await writeFile(path, JSON.stringify(file))
}

test.each(["theirs", index.digest])(
  "what another tool tagged is served whole, asked for as %s",
  async (reference) => {
    await tag("acme/edge:theirs", index, index, image, config, layer)
    const all = [index, image, config, layer].map(({ digest }) => digest)
    expect(await registry.client.pullAll("acme/edge", reference)).toEqual(all)
  },
)

test("an image of what another tool tagged is found by its digest, in that repository alone", async () => {
  await tag("acme/edge:broken", { ...index, digest: digestOf(Buffer.from("broken")) })
  expect((await registry.client.ask("GET", `/v2/acme/edge/manifests/${image.digest}`)).status).toBe(404)
  await tag("acme/edge:theirs", index, index, image, config, layer)
  expect(await registry.client.pullAll("acme/edge", image.digest)).toHaveLength(3)
  expect((await registry.client.ask("GET", `/v2/acme/beta/manifests/${image.digest}`)).status).toBe(404)
})

test.each([
  ["whose manifest is missing", index, []],
  ["of which a part is missing", index, [index]],
  ["whose manifest is damaged", index, [{ ...index, bytes: image.bytes }]],
  ["of which a part is damaged", index, [index, { ...image, bytes: Buffer.from("{}") }]],
  ["that is no manifest", { ...layer, mediaType: MediaType.ociManifest }, [layer]],
  ["of a type that nobody knows", { ...image, mediaType: "text/plain" }, [image]],
])(
  "a tag of another tool %s is no manifest here, and nobody learns where the store lies",
  async (_, named, all) => {
    await tag("acme/edge:theirs", named, ...all)
    for (const reference of ["theirs", named.digest]) {
      const answer = await registry.client.ask("GET", `/v2/acme/edge/manifests/${reference}`)
      expect(answer).toMatchObject({ status: 404, code: "MANIFEST_UNKNOWN" })
      expect(answer.text).not.toContain(registry.root)
    }
  },
)

test("a manifest whose file somebody removed is none", async () => {
  await registry.client.push("acme/edge", [config, layer], image, "ours")
  await rm(blobPath(image))
  for (const reference of ["ours", image.digest]) {
    const path = `/v2/acme/edge/manifests/${reference}`
    expect(await registry.client.ask("GET", path)).toMatchObject({ status: 404, code: "MANIFEST_UNKNOWN" })
  }
  expect(await registry.client.ask("GET", "/v2/acme/edge/manifests/ours")).toMatchObject({ status: 404 })
})
