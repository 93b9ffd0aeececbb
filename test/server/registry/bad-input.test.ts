import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { beforeAll, beforeEach, expect, test } from "vitest"
import { MediaType } from "../../../src/oci/media-types.ts"
import { type Content, contentOf, indexOf, manifestOf } from "./images.ts"
import { type OpenRegistry, startOpenRegistry } from "./open-registry.ts"
import { openFiles, untilLetGo } from "./raw.ts"

const config = contentOf("config")
const layer = contentOf("0123456789")
const image = manifestOf([config, layer])
const missing = contentOf("missing")
const other = contentOf("other")
const MIB = 1 << 20

let registry: OpenRegistry
/** Of an upload that has five bytes. */
let place: string

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "waybill-test-"))
  registry = await startOpenRegistry(join(folder, "store"))
  await registry.client.push("acme/edge", [config, layer], image, "1.2.3")
  return async () => {
    await registry.stop()
    await rm(folder, { recursive: true })
  }
})

beforeEach(async () => {
  place = await registry.client.begin("acme/edge")
  await registry.client.get(place, { method: "PATCH", body: "01234" })
})

interface Bad {
  method?: string
  path: string
  body?: string | Uint8Array | ReadableStream
  headers?: Record<string, string>
}
type Case = [what: string, status: number, code: string, request: () => Bad]

const IN = "/v2/acme/edge"
const BLOB = `${IN}/blobs/${layer.digest}`

const manifest = (content: Content, path = `${IN}/manifests/bad`, type = content.mediaType): Bad => ({
  method: "PUT",
  path,
  body: content.bytes,
  headers: { "content-type": type },
})
const text = (body: string, type: string = MediaType.ociManifest): Bad =>
  manifest(contentOf(body, type), `${IN}/manifests/bad`)
const upload = (method: string, query: string, body?: string, headers = {}): Bad => ({
  method,
  path: place + query,
  headers,
  ...(body !== undefined && { body }),
})
const begin = (query: string, body = ""): Bad => ({
  method: "POST",
  path: `${IN}/blobs/uploads/${query}`,
  body,
})
const manyLayers = () =>
  `{"schemaVersion":2,"config":${JSON.stringify(config)},"layers":[${"{},".repeat(MIB)}{}]}`
const streamOf = (size: number) => new Blob([Buffer.alloc(size, " ")]).stream()

const NAMES = [
  "ACME/edge",
  "acme//edge",
  "acme/edge-",
  "_acme/edge",
  "acme/.edge",
  "acme/e..dge",
  "acme/e___dge",
  "acme/edge%20",
  "acme/%C3%A9dge",
  "acme/edge%00",
  "acme%0D%0AX-Bad:%20yes/edge",
  "acme/%ff",
  "acme/%zz",
  "acme/%E0%A4%A",
  "a".repeat(256),
  `${"a/".repeat(2000)}a`,
]
const TAGS = ["-bad", ".bad", "b%20ad", "b%C3%A4d", "x".repeat(129), "b%00ad", "b%0Aad", "~", "b%5Cad"]
const DIGESTS = [
  "sha256:",
  "sha256:abc",
  `sha256:${"A".repeat(64)}`,
  `sha256:${"a".repeat(65)}`,
  `sha512:${"a".repeat(64)}`,
  `md5:${"a".repeat(32)}`,
  `sha256:${"a".repeat(63)}%00`,
  `sha256:sha256:${"a".repeat(64)}`,
  ":",
]

const CASES: Case[] = [
  ...NAMES.flatMap((name): Case[] => [
    [`the name ${short(name)}`, 400, "NAME_INVALID", () => ({ path: `/v2/${name}/tags/list` })],
    [
      `an upload to ${short(name)}`,
      400,
      "NAME_INVALID",
      () => ({ method: "POST", path: `/v2/${name}/blobs/uploads/` }),
    ],
  ]),
  ...TAGS.flatMap((tag): Case[] => [
    [`the tag ${short(tag)}`, 400, "MANIFEST_INVALID", () => ({ path: `${IN}/manifests/${tag}` })],
    [
      `a manifest pushed as ${short(tag)}`,
      400,
      "MANIFEST_INVALID",
      () => manifest(image, `${IN}/manifests/${tag}`),
    ],
    [
      `a second tag ${short(tag)}`,
      400,
      "MANIFEST_INVALID",
      () => manifest(image, `${IN}/manifests/${image.digest}?tag=good&tag=${tag}`),
    ],
  ]),
  ...DIGESTS.flatMap((digest): Case[] => [
    [
      `a manifest by the digest ${digest}`,
      400,
      "DIGEST_INVALID",
      () => ({ path: `${IN}/manifests/${digest}` }),
    ],
    [`a blob by the digest ${digest}`, 400, "DIGEST_INVALID", () => ({ path: `${IN}/blobs/${digest}` })],
    [
      `referrers of the digest ${digest}`,
      400,
      "DIGEST_INVALID",
      () => ({ path: `${IN}/referrers/${digest}` }),
    ],
    [`an upload of ${digest}`, 400, "DIGEST_INVALID", () => begin(`?digest=${digest}`)],
    [`a mount of ${digest}`, 400, "DIGEST_INVALID", () => begin(`?mount=${digest}&from=acme/edge`)],
    [`an upload closed as ${digest}`, 400, "DIGEST_INVALID", () => upload("PUT", `?digest=${digest}`)],
  ]),
  [
    "a tag that is a digest",
    400,
    "MANIFEST_INVALID",
    () => manifest(image, `${IN}/manifests/${image.digest}?tag=${other.digest}`),
  ],
  [
    "more tags than one request may bring",
    414,
    "MANIFEST_INVALID",
    () => manifest(image, `${IN}/manifests/${image.digest}?${"tag=x&".repeat(101)}`),
  ],
  ["a range behind the end", 416, "SIZE_INVALID", () => ({ path: BLOB, headers: { range: "bytes=10-" } })],
  ["a range of nothing", 416, "SIZE_INVALID", () => ({ path: BLOB, headers: { range: "bytes=-0" } })],
  ["a range backwards", 416, "SIZE_INVALID", () => ({ path: BLOB, headers: { range: "bytes=5-4" } })],
  [
    "a range beyond all numbers",
    416,
    "SIZE_INVALID",
    () => ({ path: BLOB, headers: { range: `bytes=${"9".repeat(400)}-` } }),
  ],
  ...["-1", "x", "1.5", "", "1e9", "9".repeat(30)].map(
    (n): Case => [`a page of ${n}`, 400, "UNSUPPORTED", () => ({ path: `${IN}/tags/list?n=${n}` })],
  ),

  ["a blob that is not there", 404, "BLOB_UNKNOWN", () => ({ path: `${IN}/blobs/${missing.digest}` })],
  ["a manifest that is not there", 404, "MANIFEST_UNKNOWN", () => ({ path: `${IN}/manifests/none` })],
  ["a manifest asked for as a blob", 404, "BLOB_UNKNOWN", () => ({ path: `${IN}/blobs/${image.digest}` })],
  [
    "a blob asked for as a manifest",
    404,
    "MANIFEST_UNKNOWN",
    () => ({ path: `${IN}/manifests/${layer.digest}` }),
  ],
  [
    "to delete what is not there",
    404,
    "MANIFEST_UNKNOWN",
    () => ({ method: "DELETE", path: `${IN}/manifests/none` }),
  ],
  ["to delete a blob in use", 403, "DENIED", () => ({ method: "DELETE", path: BLOB })],
  ["a path that is none", 404, "UNSUPPORTED", () => ({ path: `${IN}/secrets` })],
  ["a method that is none", 405, "UNSUPPORTED", () => ({ method: "PATCH", path: BLOB })],
  ["a list that is deleted", 405, "UNSUPPORTED", () => ({ method: "DELETE", path: `${IN}/tags/list` })],

  ["a manifest of another type", 400, "MANIFEST_INVALID", () => manifest(image, undefined, "text/plain")],
  [
    "a manifest that is said to be an index",
    400,
    "MANIFEST_INVALID",
    () => manifest(image, undefined, MediaType.ociIndex),
  ],
  [
    "a manifest of schema 1",
    400,
    "MANIFEST_INVALID",
    () => manifest(image, undefined, MediaType.dockerSchema1),
  ],
  ["a manifest of nothing", 400, "MANIFEST_INVALID", () => text("")],
  ["JSON that breaks off", 400, "MANIFEST_INVALID", () => text(image.bytes.toString().slice(0, -1))],
  ["JSON that is no manifest", 400, "MANIFEST_INVALID", () => text('"manifest"')],
  ["JSON with nothing in it", 400, "MANIFEST_INVALID", () => text("{}")],
  ["null", 400, "MANIFEST_INVALID", () => text("null")],
  ["nesting without end", 400, "MANIFEST_INVALID", () => text("[".repeat(MIB))],
  ["a million layers that are none", 400, "MANIFEST_INVALID", () => text(manyLayers())],
  [
    "nesting without end where anything may be",
    400,
    "MANIFEST_INVALID",
    () => text(`{"schemaVersion":2,"layers":${"[".repeat(MIB)}${"]".repeat(MIB)}}`),
  ],
  [
    "bytes that are no UTF-8",
    400,
    "MANIFEST_INVALID",
    () => manifest(contentOf(Buffer.of(0xff, 0xfe), MediaType.ociManifest)),
  ],
  [
    "a document that is both manifest and index",
    400,
    "MANIFEST_INVALID",
    () => manifest(manifestOf([config, layer], { manifests: [] })),
  ],
  [
    "a layer with a size below zero",
    400,
    "MANIFEST_INVALID",
    () => manifest(manifestOf([config, { ...layer, size: -1 }])),
  ],
  [
    "a layer whose digest climbs",
    400,
    "MANIFEST_INVALID",
    () => manifest(manifestOf([config, { ...layer, digest: "sha256:../../../index.json" }])),
  ],
  [
    "a subject that is none",
    400,
    "MANIFEST_INVALID",
    () => manifest(manifestOf([config, layer], { subject: { digest: "x" } })),
  ],
  ["a manifest over 4 MiB", 413, "SIZE_INVALID", () => text(`${image.bytes}${" ".repeat(4 * MIB)}`)],
  [
    "one that does not say how long it is",
    413,
    "SIZE_INVALID",
    () => ({
      method: "PUT",
      path: `${IN}/manifests/bad`,
      body: streamOf(5 * MIB),
      headers: { "content-type": MediaType.ociManifest },
    }),
  ],
  [
    "a manifest with another digest",
    400,
    "DIGEST_INVALID",
    () => manifest(image, `${IN}/manifests/${other.digest}`),
  ],
  ["a missing layer", 404, "MANIFEST_BLOB_UNKNOWN", () => manifest(manifestOf([config, layer, missing]))],
  ["a missing configuration", 404, "MANIFEST_BLOB_UNKNOWN", () => manifest(manifestOf([missing, layer]))],
  [
    "a layer of another size",
    404,
    "MANIFEST_BLOB_UNKNOWN",
    () => manifest(manifestOf([config, { ...layer, size: 11 }])),
  ],
  [
    "an index of a missing manifest",
    404,
    "MANIFEST_BLOB_UNKNOWN",
    () => manifest(indexOf([image, manifestOf([config])])),
  ],
  [
    "a layer that is there, but as a manifest",
    404,
    "MANIFEST_BLOB_UNKNOWN",
    () => manifest(manifestOf([config, { ...image, mediaType: MediaType.ociLayer }])),
  ],
  [
    "an index of itself, as far as one can tell",
    404,
    "MANIFEST_BLOB_UNKNOWN",
    () => manifest(indexOf([{ ...other, mediaType: MediaType.ociIndex }])),
  ],

  ["an upload of another algorithm", 400, "DIGEST_INVALID", () => begin("?digest-algorithm=md5")],
  [
    "a blob sent at once with another digest",
    400,
    "DIGEST_INVALID",
    () => begin(`?digest=${layer.digest}`, "x"),
  ],
  [
    "a blob sent with two digests",
    400,
    "DIGEST_INVALID",
    () => begin(`?digest=${other.digest}&digest=${missing.digest}`, "other"),
  ],
  [
    "an upload closed with two digests",
    400,
    "DIGEST_INVALID",
    () => upload("PUT", `?digest=${layer.digest}&digest=${missing.digest}`, "56789"),
  ],
  ["an upload closed without a digest", 400, "DIGEST_INVALID", () => upload("PUT", "", "56789")],
  [
    "an upload closed with another digest",
    400,
    "DIGEST_INVALID",
    () => upload("PUT", `?digest=${other.digest}`),
  ],
  ...["x", "0-4-9", "-5", "5-", "9-5", "5-9, 12-13", "bytes 5", `${"9".repeat(40)}-${"9".repeat(41)}`].map(
    (range): Case => [
      `the Content-Range ${short(range)}`,
      416,
      "BLOB_UPLOAD_INVALID",
      () => upload("PATCH", "", "56789", { "content-range": range }),
    ],
  ),
  ...["0-4", "6-10", "4-8", "999999-1000003"].map(
    (range): Case => [
      `bytes of the upload out of order: ${range}`,
      416,
      "BLOB_UPLOAD_INVALID",
      () => upload("PATCH", "", "56789", { "content-range": range }),
    ],
  ),
  [
    "a last part out of order",
    416,
    "BLOB_UPLOAD_INVALID",
    () => upload("PUT", `?digest=${layer.digest}`, "56789", { "content-range": "0-4" }),
  ],
  [
    "a Content-Range of another length than the body",
    400,
    "SIZE_INVALID",
    () => upload("PATCH", "", "567", { "content-range": "5-9" }),
  ],
  ...["x", "0".repeat(36), "-".repeat(36), "%00".repeat(36)].map(
    (id): Case => [
      `the upload ${short(id)}`,
      404,
      "BLOB_UPLOAD_UNKNOWN",
      () => ({ method: "PATCH", path: `${IN}/blobs/uploads/${id}`, body: "x" }),
    ],
  ),
]

test.each(CASES)("%s: status %i, %s, and nothing is stored", async (_, status, code, request) => {
  const { client } = registry
  const files = await registry.files()
  const open = await openFiles()
  const known = registry.answered.length
  const { method = "GET", path, ...question } = request()
  const answer = await client.ask(method, path, question)
  expect({ status: answer.status, code: answer.code, text: answer.text }).toMatchObject({ status, code })
  expect(answer.text).not.toMatch(/node_modules|\.ts:|\/tmp\/|sqlite/i)
  expect(answer.headers.get("x-bad")).toBeNull()
  // index.json follows the tags of tests before, by a file that is there for a moment.
  const added = async () => (await registry.files()).filter((name) => !files.includes(name))
  await expect.poll(added).toEqual([])
  expect(JSON.parse((await client.get(`${IN}/tags/list`)).text)).toMatchObject({ tags: ["1.2.3"] })
  expect(await client.pullAll("acme/edge", "1.2.3")).toHaveLength(3)
  await untilLetGo([...open, ...(await openFiles()).filter((link) => link.startsWith("socket:"))])
  expect(registry.answered.slice(known).filter(({ failure }) => !isExpected(failure))).toEqual([])
})

/** What a client is told of; anything else is for the log of the server. */
function isExpected(failure: unknown): boolean {
  return failure === undefined || (failure instanceof Error && failure.constructor.name === "RegistryRefusal")
}

function short(name: string): string {
  return name.length > 60 ? `${name.slice(0, 20)}… of ${name.length} characters` : name
}
