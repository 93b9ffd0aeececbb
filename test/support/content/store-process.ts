/**
 * A process that works on a content store, for tests that run several of them or kill one:
 *   push ROOT SEED SIZE [HOLD]   pushes a blob of noise in chunks of 1 MiB, prints a line when each is asked for,
 *                                and stops for good before the one at HOLD
 *   tag ROOT PREFIX N            pushes a manifest and sets N tags, one after the other
 *   gc ROOT GRACE                collects garbage again and again, with a grace in milliseconds
 *   gc-full ROOT                 fills the disk, collects garbage with what is left, and once more with room
 *   lock PATH                    takes a lock, says so, and keeps it
 *   append ROOT ID TEXT          begins an upload with this id, and appends a text to it
 *   append-late ROOT ID TEXT     appends a text to an upload that another has begun, once it is told to on standard input
 *   finish ROOT ID TEXT DIGEST   appends the last text to an upload, and makes a blob of it
 *   close-late ROOT ID DIGEST    makes a blob of an upload that another has begun, once it is told to on standard input
 *   instance FOLDER              begins an instance with its lock file in a folder, says its id and its process id
 */
import { once } from "node:events"
import { writeSync } from "node:fs"
import { open, rm } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { Instance } from "../../../src/content/instance.ts"
import { withProcessLock } from "../../../src/content/process-lock.ts"
import { ContentStore } from "../../../src/layout/content-store.ts"
import type { Digest } from "../../../src/oci/digest.ts"
import { systemClock } from "../../../src/system-clock.ts"
import { noiseSample, sample, sampleImage } from "./sample-content.ts"

const [command, path = "", ...rest] = process.argv.slice(2)
const say = (line: string) => writeSync(1, `${line}\n`)

// The timer keeps hold of the call: one that nothing can ever resume is garbage, and its lock with it.
const forever = () => setTimeout(60 * 60 * 1000)

async function push(seed: string, size: number, hold: number): Promise<void> {
  const { descriptor, bytes } = noiseSample(seed, size)
  const repository = (await ContentStore.open(path, systemClock)).repository("acme/edge")
  await repository.push(descriptor, async function* () {
    for (let at = 0; at < bytes.length; at += 1024 * 1024) {
      say(`at ${at}`)
      if (at === hold) await forever()
      yield bytes.subarray(at, at + 1024 * 1024)
    }
    say("all given")
  })
  say("stored")
}

async function tag(prefix: string, count: number): Promise<void> {
  const store = await ContentStore.open(path, systemClock)
  const repository = store.repository("acme/edge")
  const { blobs, manifest } = sampleImage(sample("tagged"))
  for (const { descriptor, body } of [...blobs, manifest]) await repository.push(descriptor, body)
  for (let at = 0; at < count; at += 1) {
    await repository.tag(manifest.descriptor, `${prefix}-${at}`)
    say(`tagged ${at}`)
  }
  await store.close()
}

async function gc(grace: number): Promise<void> {
  const store = await ContentStore.open(path, systemClock)
  say("collecting")
  for (;;) await store.collectGarbage({ findRoots: async () => [], grace })
}

async function gcFull(): Promise<void> {
  let now = Date.now()
  const store = await ContentStore.open(join(path, "store"), { now: () => now })
  const garbage = noiseSample("garbage", 1024 * 1024)
  await store.repository("acme/edge").push(garbage.descriptor, garbage.body)
  now += 48 * 60 * 60 * 1000
  const filler = await open(join(path, "filler"), "w")
  await filler.write(Buffer.alloc(64 * 1024 * 1024)).catch(() => undefined)
  await filler.close()
  const collect = () => store.collectGarbage({ findRoots: async () => [], grace: 0 })
  const error = (await collect().catch((failure: unknown) => failure)) as { code?: string; message: string }
  say(`${error.code}: ${error.message}`)
  await rm(join(path, "filler"))
  say(`removed ${(await collect()).removed.length}`)
  await store.close()
}

async function lock(): Promise<void> {
  await withProcessLock(path, {}, async () => {
    say("locked")
    await forever()
  })
}

async function instance(): Promise<void> {
  const begun = await Instance.begin((id) => join(path, `${id}.lock`))
  say(`${begun.id} ${process.pid}`)
  await forever()
  await begun.end()
}

async function append(id: string, text: string): Promise<void> {
  const upload = await (await ContentStore.open(path, systemClock)).served("acme/edge").beginUpload(id)
  await upload.append(sample(text).body(0))
  say("begun")
}

async function appendLate(id: string, text: string): Promise<void> {
  const upload = await (await ContentStore.open(path, systemClock)).served("acme/edge").findUpload(id)
  await upload?.append(
    (async function* () {
      say("appending")
      await once(process.stdin, "data")
      process.stdin.destroy()
      yield Buffer.from(text)
    })(),
  )
}

async function closeLate(id: string, digest: string): Promise<void> {
  const upload = await (await ContentStore.open(path, systemClock)).served("acme/edge").findUpload(id)
  say("found")
  await once(process.stdin, "data")
  process.stdin.destroy()
  await upload?.commit(digest as Digest)
  say("committed")
}

async function finish(id: string, text: string, digest: string): Promise<void> {
  const upload = await (await ContentStore.open(path, systemClock)).served("acme/edge").findUpload(id)
  await upload?.append(sample(text).body(0))
  await upload?.commit(digest as Digest)
  say("committed")
}

try {
  if (command === "push") await push(rest[0] ?? "", Number(rest[1]), Number(rest[2]))
  else if (command === "tag") await tag(rest[0] ?? "", Number(rest[1]))
  else if (command === "gc-full") await gcFull()
  else if (command === "gc") await gc(Number(rest[0]))
  else if (command === "instance") await instance()
  else if (command === "append") await append(rest[0] ?? "", rest[1] ?? "")
  else if (command === "append-late") await appendLate(rest[0] ?? "", rest[1] ?? "")
  else if (command === "close-late") await closeLate(rest[0] ?? "", rest[1] ?? "")
  else if (command === "finish") await finish(rest[0] ?? "", rest[1] ?? "", rest[2] ?? "")
  else await lock()
} catch (error) {
  say(`failed ${(error as { code?: string }).code}: ${(error as Error).message}`)
  process.exitCode = 1
}
