import { randomUUID } from "node:crypto"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { collect } from "../../src/content/read-document.ts"
import { ContentStore } from "../../src/layout/content-store.ts"
import { systemClock } from "../../src/system-clock.ts"
import { StoreProcess } from "../support/content/child-process.ts"
import { noiseSample, sample } from "../support/content/sample-content.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

/** Two stores of this one process on one folder, which hold uploads as two processes do. */
async function openTwice() {
  const root = await temporaryFolder()
  const [one, other] = [
    await ContentStore.open(root, systemClock),
    await ContentStore.open(root, systemClock),
  ]
  return { root, one: one.served("acme/edge"), other: other.served("acme/edge"), store: one }
}

test("parts of an upload that come by turns through two stores of one process become one blob", async () => {
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

test("an upload that goes on in another store of one process while a connection hangs is none of that connection's any more", async () => {
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

test("of two processes that close an upload at once, one does, and the other is told that it went on elsewhere", async () => {
  const root = await temporaryFolder()
  const store = await ContentStore.open(root, systemClock)
  const served = store.served("acme/edge")
  const { bytes, body, descriptor } = noiseSample("closed twice", 2_000_000)
  const { id } = await served.beginUpload(randomUUID())
  await (await served.findUpload(id))?.append(body(0))
  const closing = [1, 2].map(() => new StoreProcess(["close-late", root, id, descriptor.digest]))
  await Promise.all(closing.map((child) => child.until("found")))
  for (const child of closing) child.process.stdin?.write("go\n")
  const last = await Promise.all(closing.map(async (child) => (await child.finish()).at(-1)))
  expect(last.toSorted()).toEqual(["committed", expect.stringMatching(/^failed UPLOAD_CHANGED: /)])
  expect(await served.findBlob(descriptor.digest)).toMatchObject({ size: bytes.length })
  expect((await store.verify({ roots: [] })).damaged).toEqual([])
  expect(await readdir(join(root, "uploads"))).toEqual([])
})
