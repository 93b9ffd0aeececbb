/**
 * A process that works on a content store, for tests that run several of them or kill one:
 *   push ROOT SEED SIZE [HOLD]   pushes a blob of noise in chunks of 1 MiB, prints a line when each is asked for,
 *                                and stops for good before the one at HOLD
 *   tag ROOT PREFIX N            pushes a manifest and sets N tags, one after the other
 *   gc ROOT GRACE                collects garbage again and again, with a grace in milliseconds
 *   lock PATH                    takes a lock, says so, and keeps it
 *   instance FOLDER              begins an instance with its lock file in a folder, says its id and its process id
 */
import { writeSync } from "node:fs"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { Instance } from "../../../src/content/instance.ts"
import { withProcessLock } from "../../../src/content/process-lock.ts"
import { ContentStore } from "../../../src/layout/content-store.ts"
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

try {
  if (command === "push") await push(rest[0] ?? "", Number(rest[1]), Number(rest[2]))
  else if (command === "tag") await tag(rest[0] ?? "", Number(rest[1]))
  else if (command === "gc") await gc(Number(rest[0]))
  else if (command === "instance") await instance()
  else await lock()
} catch (error) {
  say(`failed ${(error as { code?: string }).code}: ${(error as Error).message}`)
  process.exitCode = 1
}
