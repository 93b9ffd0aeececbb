import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { setTimeout } from "node:timers/promises"
import { bodyOf } from "../src/content/read-document.ts"
import { ContentStore } from "../src/layout/content-store.ts"
import { digestOf } from "../src/oci/digest.ts"
import { canonicalJson } from "../src/oci/json.ts"
import { MediaType } from "../src/oci/media-types.ts"
import { systemClock } from "../src/system-clock.ts"
import { addRow } from "./table.ts"

const IMAGES = 20_000
const FLEETS = 50
const LAYERS = 10
const DAY = 24 * 60 * 60 * 1000

/** For how long a push waits while another process collects garbage in a store of many images, half of which go. */
export async function benchGarbage(folder: string): Promise<void> {
  process.stderr.write(`collecting half of ${IMAGES} images\n`)
  const root = join(folder, "store")
  const store = await ContentStore.open(root, systemClock)
  fill(join(root, "catalog.sqlite"))
  const repository = store.repository("acme/edge")
  const bytes = canonicalJson({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [] })
  const descriptor = { mediaType: MediaType.ociIndex, digest: digestOf(bytes), size: bytes.length }
  await repository.push(descriptor, bodyOf(bytes))
  await repository.tag(descriptor, "first")
  const begun = performance.now()
  const collector = spawn(process.execPath, [join(import.meta.dirname, "collector.ts"), root], {
    stdio: "inherit",
  })
  let longest = 0
  for (let count = 0; collector.exitCode === null; count++) {
    const asked = performance.now()
    await repository.tag(descriptor, `v${count}`)
    longest = Math.max(longest, performance.now() - asked)
    await setTimeout(20)
  }
  if (collector.exitCode === null) await once(collector, "exit")
  if (collector.exitCode !== 0) throw new Error(`collecting ended with ${collector.exitCode}`)
  const seconds = (performance.now() - begun) / 1000
  await store.close()
  await rm(folder, { recursive: true })
  addRow({
    what: `a tag while garbage is collected, ${IMAGES} images`,
    waybill: `${longest.toFixed(0)} ms at most`,
    peer: `the collection takes ${seconds.toFixed(1)} s`,
    target: "10 s, then 503",
  })
}

/** Rows alone, for which files need not be there: what others wait for is the catalog. */
function fill(path: string): void {
  const catalog = new DatabaseSync(path)
  const addBlob = catalog.prepare("insert into blobs values (?, ?, ?) on conflict do nothing")
  const addManifest = catalog.prepare("insert into manifests values (?, ?, ?, null, ?)")
  const addEdge = catalog.prepare("insert into edges values (?, ?) on conflict do nothing")
  const addTag = catalog.prepare("insert into tags values (?, ?, ?, ?)")
  const claimed = Date.now() - 3 * DAY
  catalog.exec("begin")
  for (let image = 0; image < IMAGES; image++) {
    const fleet = `acme/fleet-${image % FLEETS}`
    const digest = digestFrom(`manifest ${image}`)
    const entry = JSON.stringify({ mediaType: MediaType.ociManifest, digest, size: 1000 })
    addManifest.run(fleet, digest, entry, claimed)
    if (image % 2 === 0) addTag.run(fleet, `image-${image}`, digest, entry)
    for (let layer = 0; layer < LAYERS; layer++) {
      // Half of the layers are those of a base.
      const blob = digestFrom(`layer ${layer} of ${layer < LAYERS / 2 ? image % 100 : image + 100}`)
      addBlob.run(fleet, blob, claimed)
      addEdge.run(digest, blob)
    }
  }
  catalog.exec("commit")
  catalog.close()
}

function digestFrom(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`
}
