import { randomUUID } from "node:crypto"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { collect } from "../../src/content/read-document.ts"
import { ContentStore } from "../../src/layout/content-store.ts"
import { systemClock } from "../../src/system-clock.ts"
import { noiseSample, sample } from "../support/content/sample-content.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

/** Two servers on one home, as behind a load balancer that does not know which of them has an upload. */
async function openTwice() {
  const root = await temporaryFolder()
  const [one, other] = [
    await ContentStore.open(root, systemClock),
    await ContentStore.open(root, systemClock),
  ]
  return { root, one: one.served("acme/edge"), other: other.served("acme/edge"), store: one }
}

test("parts of an upload that come by turns through two servers become one blob", async () => {
  const { one, other, store } = await openTwice()
  const { bytes, descriptor } = noiseSample("by turns", 3_000_000)
  const { id } = await one.beginUpload(randomUUID())
  for (let at = 0; at < bytes.length; at += 500_000) {
    const upload = await (at % 1_000_000 === 0 ? one : other).findUpload(id)
    await upload?.append(sample(bytes.subarray(at, at + 500_000)).body(0))
  }
  await (await other.findUpload(id))?.commit(descriptor.digest)
  expect(Buffer.from(await collect(store.repository("acme/edge").fetch(descriptor)))).toEqual(
    Buffer.from(bytes),
  )
})

test("an upload that goes on elsewhere while a connection hangs is none of that connection's any more", async () => {
  const { root, one, other, store } = await openTwice()
  const begin = Buffer.alloc(1_200_000, "begin")
  const right = sample(Buffer.concat([begin, Buffer.from("right end")]))
  const { id } = await one.beginUpload(randomUUID())
  await (await one.findUpload(id))?.append(sample(begin).body(0))

  const hanging = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const late = (await one.findUpload(id))?.append(
    (async function* () {
      begun.resolve()
      await hanging.promise
      yield Buffer.from("wrong end, of a connection that was given up")
    })(),
  )
  await begun.promise
  const upload = await other.findUpload(id)
  await upload?.append(sample("right end").body(0))
  hanging.resolve()
  await expect(late).rejects.toMatchObject({ code: "UPLOAD_CHANGED" })
  await upload?.commit(right.descriptor.digest)
  expect(await collect(store.repository("acme/edge").fetch(right.descriptor))).toEqual(right.bytes)
  expect(await readdir(join(root, "uploads"))).toEqual([])
})

test("of two that close an upload at once, one does", async () => {
  const { one, other } = await openTwice()
  const { bytes, body, descriptor } = noiseSample("closed twice", 2_000_000)
  const { id } = await one.beginUpload(randomUUID())
  await (await one.findUpload(id))?.append(body(0))
  const found = [await one.findUpload(id), await other.findUpload(id)]
  const outcomes = await Promise.allSettled(found.map((upload) => upload?.commit(descriptor.digest)))
  expect(outcomes.map(({ status }) => status)).toContain("fulfilled")
  expect(await one.findBlob(descriptor.digest)).toMatchObject({ size: bytes.length })
})
