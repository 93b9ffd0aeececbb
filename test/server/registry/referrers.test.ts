import { beforeEach, expect, test } from "vitest"
import type { Descriptor } from "../../../src/oci/descriptor.ts"
import { type Content, contentOf, manifestOf } from "./images.ts"
import { type OpenRegistry, runOpenRegistry } from "./open-registry.ts"

const MIB = 1 << 20
const config = contentOf("config")
const subject = manifestOf([config])

let registry: OpenRegistry

beforeEach(async () => {
  registry = await runOpenRegistry()
  await registry.client.push("acme/edge", [config], subject)
})

/** Follows the links from page to page, each of which must be small enough to be a manifest. */
async function listAll(query = ""): Promise<{ found: Descriptor[]; pages: number }> {
  const found: Descriptor[] = []
  let pages = 0
  let path: string | undefined = `/v2/acme/edge/referrers/${subject.digest}${query}`
  while (path !== undefined) {
    const { bytes, headers } = await registry.client.get(path)
    const { manifests } = JSON.parse(bytes.toString()) as { manifests: Descriptor[] }
    found.push(...manifests)
    if (manifests.length > 1) expect(bytes.length).toBeLessThan(4.1 * MIB)
    if (query !== "") expect(headers.get("oci-filters-applied")).toBe("artifactType")
    path = /^<(.+)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1]
    pages++
  }
  return { found, pages }
}

async function pushReferrers(count: number, size: number, artifactType: string): Promise<Content[]> {
  const pushed: Content[] = []
  for (let at = 0; at < count; at++) {
    const annotations = { long: `${at}`.padEnd(size, "x") }
    const referrer = manifestOf([config], { subject, artifactType, annotations })
    await registry.client.pushManifest("acme/edge", referrer)
    pushed.push(referrer)
  }
  return pushed
}

const digests = (all: readonly Descriptor[]) => all.map(({ digest }) => digest)

test("referrers with long annotations come page by page, none left out and none twice", async () => {
  const large = await pushReferrers(7, 1.5 * MIB, "large")
  const small = await pushReferrers(5, 10, "small")
  const { found, pages } = await listAll()
  expect(digests(found)).toEqual(digests([...large, ...small]).toSorted())
  expect(pages).toBeGreaterThan(3)
  expect(digests((await listAll("?artifactType=small")).found)).toEqual(digests(small).toSorted())
  expect(digests((await listAll("?artifactType=large")).found)).toEqual(digests(large).toSorted())
  expect(await listAll("?artifactType=none")).toEqual({ found: [], pages: 1 })
})

test("one that is as large as a manifest may be has its own page", async () => {
  const large = await pushReferrers(2, 4 * MIB - 10_000, "large")
  const { found, pages } = await listAll()
  expect([digests(found), pages]).toEqual([digests(large).toSorted(), 2])
})
