import { expect, test } from "vitest"
import { contentOf, manifestOf } from "./images.ts"
import { runOpenRegistry } from "./open-registry.ts"

const MIB = 1 << 20

test("referrers with long annotations come in pages that clients take for a manifest", async () => {
  const { client } = await runOpenRegistry()
  const config = contentOf("config")
  const subject = manifestOf([config])
  await client.pushBlob("acme/edge", config.bytes)
  const pushed: string[] = []
  for (let at = 0; at < 5; at++) {
    const annotations = { long: String(at).repeat(1.5 * MIB) }
    const referrer = manifestOf([config], { subject, annotations })
    await client.pushManifest("acme/edge", referrer)
    pushed.push(referrer.digest)
  }
  const found: string[] = []
  let next: string | undefined = `/v2/acme/edge/referrers/${subject.digest}`
  while (next !== undefined) {
    const { headers, bytes } = await client.get(next)
    expect(bytes.length).toBeLessThanOrEqual(4 * MIB)
    const { manifests } = JSON.parse(bytes.toString()) as { manifests: { digest: string }[] }
    found.push(...manifests.map(({ digest }) => digest))
    next = /^<([^>]+)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1]
  }
  expect(found).toEqual(pushed.sort())
})
