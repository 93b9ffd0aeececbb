import { beforeEach, expect, test } from "vitest"
import { contentOf, indexOf, manifestOf } from "./images.ts"
import { type OpenRegistry, runOpenRegistry } from "./open-registry.ts"

const blobs = [contentOf("config"), contentOf("layer")]
const [first, second] = [manifestOf(blobs), indexOf([manifestOf(blobs)])]
const TAG = "/v2/acme/edge/manifests/latest"
let registry: OpenRegistry

beforeEach(async () => {
  registry = await runOpenRegistry()
  for (const { bytes } of blobs) await registry.client.pushBlob("acme/edge", bytes)
  await registry.client.pushManifest("acme/edge", first)
})

function put(path: string, manifest = first, headers: Record<string, string> = {}) {
  const body = manifest.bytes
  return registry.client.ask("PUT", path, {
    body,
    headers: { "content-type": manifest.mediaType, ...headers },
  })
}

const tagged = async () => (await registry.client.ask("HEAD", TAG)).headers.get("etag")

test("a tag is moved only from what the client has seen, where it says so", async () => {
  await put(TAG, first)
  const refused = await put(TAG, second, { "if-match": `"${second.digest}"` })
  expect(refused).toMatchObject({ status: 412, code: "PRECONDITION_FAILED" })
  expect(refused.text).toContain(`latest is ${first.digest}`)
  expect(await tagged()).toBe(`"${first.digest}"`)
  expect((await put(TAG, second, { "if-match": `"x", "${first.digest}"` })).status).toBe(201)
  expect(await tagged()).toBe(`"${second.digest}"`)
  expect((await put(TAG, first, { "if-match": "*" })).status).toBe(201)
  expect((await put(TAG, second, { "if-none-match": `"${first.digest}"` })).status).toBe(412)
  expect((await put(TAG, second, { "if-none-match": `"${second.digest}"` })).status).toBe(201)
})

test("a tag is made only where there is none, where the client says so", async () => {
  expect((await put(TAG, first, { "if-match": "*" })).status).toBe(412)
  expect((await put(TAG, first, { "if-none-match": "*" })).status).toBe(201)
  expect(await put(TAG, second, { "if-none-match": "*" })).toMatchObject({
    status: 412,
    code: "PRECONDITION_FAILED",
  })
  expect(await tagged()).toBe(`"${first.digest}"`)
  expect((await put(`/v2/acme/edge/manifests/${first.digest}`, first, { "if-none-match": "*" })).status).toBe(
    412,
  )
})

test("of many that have all seen the same, one moves the tag", async () => {
  await put(TAG, first)
  const images = Array.from({ length: 10 }, (_, at) => manifestOf(blobs, { annotations: { at: String(at) } }))
  const answers = await Promise.all(
    images.map((image) => put(TAG, image, { "if-match": `"${first.digest}"` })),
  )
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array(9).fill(412)])
  const moved = images[answers.findIndex(({ status }) => status === 201)]
  expect(await tagged()).toBe(`"${moved?.digest}"`)
  const made = await Promise.all(
    images.map((image) => put("/v2/acme/edge/manifests/new", image, { "if-none-match": "*" })),
  )
  expect(made.filter(({ status }) => status === 201)).toHaveLength(1)
})

test("a tag or manifest is deleted only as the client has seen it, where it says so", async () => {
  await put(TAG, first)
  for (const path of [TAG, `/v2/acme/edge/manifests/${first.digest}`]) {
    const remove = (match: string) => registry.client.ask("DELETE", path, { headers: { "if-match": match } })
    expect((await remove(`"${second.digest}"`)).status).toBe(412)
    expect((await remove(`"${first.digest}"`)).status).toBe(202)
    expect((await remove("*")).status).toBe(412)
  }
})
