import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startDockerRegistry } from "../interop/docker-registry.ts"
import { contentOf } from "./bundle-content.ts"
import { runProgram } from "./program.ts"
import { makeBundle, serveBundle, serveStore } from "./registries.ts"
import { judge, judgeReading, type Verdict } from "./report.ts"
import { type Access, type ReadOnlyContent, readingAndWriting, readingOnly } from "./switches.ts"

/** Above this, the report tells the rest. */
const MOST_COMPLAINTS = 40

const CACHE = join(import.meta.dirname, "../../.cache")
const [program, against = "waybill"] = process.argv.slice(2)
if (program === undefined || !["waybill", "docker-registry"].includes(against)) {
  console.error("usage: main.ts PROGRAM [waybill|docker-registry]")
  process.exit(2)
}

const work = await mkdtemp(join(tmpdir(), "waybill-conformance-"))
const verdicts: Verdict[] = []
try {
  if (against === "docker-registry") await tryWriting("docker-registry", await startDockerRegistry())
  else {
    await tryWriting("waybill serve", await serveStore(join(work, "home")))
    const bundle = await makeBundle(work)
    const registry = await serveBundle(bundle)
    try {
      for (const content of await contentOf(bundle, join(work, "unpacked")))
        await tryReading(registry, content)
    } finally {
      await registry.close()
    }
  }
} finally {
  await rm(work, { recursive: true, force: true })
}
await writeCounts()

async function tryWriting(name: string, registry: Access & { close(): Promise<void> }): Promise<void> {
  try {
    const report = await runProgram(program ?? "", readingAndWriting(registry), placeOf(name))
    say(name, judge(report))
  } finally {
    await registry.close()
  }
}

async function tryReading(registry: Access, content: ReadOnlyContent): Promise<void> {
  const name = `waybill release serve, ${content.repository}`
  const report = await runProgram(program ?? "", readingOnly(registry, content), placeOf(name))
  say(name, judgeReading(report))
}

function placeOf(name: string): string {
  return join(CACHE, "conformance", name.replaceAll(/[^a-z0-9]+/g, "-"))
}

function say(name: string, verdict: Verdict): void {
  verdicts.push(verdict)
  const { passed, failed, skipped, complaints } = verdict
  console.log(`conformance of ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`)
  for (const complaint of complaints.slice(0, MOST_COMPLAINTS)) console.log(`  ${complaint.slice(0, 200)}`)
  if (complaints.length > 0) {
    if (complaints.length > MOST_COMPLAINTS) console.log(`  and ${complaints.length - MOST_COMPLAINTS} more`)
    console.log(`  all of it: ${placeOf(name)}`)
    process.exitCode = 1
  }
}

/** In the form in which vitest counts, for `.ci/run`. */
async function writeCounts(): Promise<void> {
  const sum = (count: (verdict: Verdict) => number) => verdicts.reduce((total, one) => total + count(one), 0)
  const counts = {
    numPassedTests: sum(({ passed }) => passed),
    numFailedTests: sum(({ failed }) => failed),
    numPendingTests: sum(({ skipped }) => skipped),
    numTodoTests: 0,
  }
  await mkdir(CACHE, { recursive: true })
  await writeFile(join(CACHE, "conformance.json"), JSON.stringify(counts))
}
