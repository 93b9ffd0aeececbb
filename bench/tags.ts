import { rm } from "node:fs/promises"
import { join } from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { bodyOf } from "../src/content/read-document.ts"
import { ContentStore } from "../src/layout/content-store.ts"
import { digestOf } from "../src/oci/digest.ts"
import { canonicalJson } from "../src/oci/json.ts"
import { MediaType } from "../src/oci/media-types.ts"
import { systemClock } from "../src/system-clock.ts"
import { median } from "./measure.ts"
import { addRow } from "./table.ts"

const TAGS = 50_000
const RUNS = 200

/** What one tag costs in a content store that has many, and for how long everything else waits meanwhile. */
export async function benchTags(folder: string): Promise<void> {
  process.stderr.write(`setting ${TAGS} tags\n`)
  const store = await ContentStore.open(join(folder, "store"), systemClock)
  const repository = store.repository("acme/edge")
  const bytes = canonicalJson({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [] })
  const descriptor = { mediaType: MediaType.ociIndex, digest: digestOf(bytes), size: bytes.length }
  await repository.push(descriptor, bodyOf(bytes))
  const tagsFrom = (first: number, count: number) =>
    new Map(Array.from({ length: count }, (_, at) => [`v${first + at}`, descriptor]))
  await repository.tagAll(tagsFrom(0, TAGS))
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const times: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const begun = performance.now()
    await repository.tagAll(tagsFrom(TAGS + run, 1))
    times.push(performance.now() - begun)
    // While index.json follows, as a server has requests beside.
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  delay.disable()
  await store.close()
  await rm(folder, { recursive: true })
  const greatest = times.toSorted((a, b) => a - b)[Math.floor(RUNS * 0.99)] ?? 0
  addRow({
    what: `a tag beside ${TAGS}`,
    waybill: `${median(times).toFixed(1)} ms, p99 ${greatest.toFixed(1)} ms`,
    peer: `event loop held ${(delay.max / 1e6).toFixed(0)} ms at most`,
    target: "5 ms",
  })
}
