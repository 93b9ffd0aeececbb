import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { stat } from "node:fs/promises"
import { join } from "node:path"
import { setImmediate } from "node:timers/promises"
import { ContentError } from "../content/content-error.ts"
import { Graph, loadGraph } from "../content/graph.ts"
import type { LockPatience } from "../content/lock-wait.ts"
import { withProcessLock } from "../content/process-lock.ts"
import { hasCode } from "../errors/system-error.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { INDEX_FILE, REF_NAME } from "../oci/image-layout.ts"
import { canonicalJson } from "../oci/json.ts"
import { isForeignLayer, isManifestMediaType } from "../oci/media-types.ts"
import { OciError } from "../oci/oci-error.ts"
import { isRepository, isTag } from "../oci/reference.ts"
import type { BlobFiles } from "./blob-files.ts"
import type { Catalog } from "./catalog.ts"
import { type IndexFile, readIndexFile } from "./index-file.ts"
import type { Ingest } from "./ingest.ts"
import { LayoutError } from "./layout-error.ts"

/** In milliseconds: `index.json` follows the tags at most so often, and the later the more it holds. */
const STEP = 1000
const ENTRIES_PER_MILLISECOND = 25
/** Tags that are printed before others have their turn. */
const PAGE = 500

interface Parts extends LockPatience {
  root: string
  /** Held while the file is read and replaced. */
  lock: string
  catalog: Catalog
  blobs: BlobFiles
  ingest: Ingest
  now: () => number
}

/**
 * Keeps `index.json` as the tags in the catalog say, for other tools to read. It is written apart from what changes
 * them, so it may be a second old; whoever opens the store after a kill makes it good. What another tool has written into it is
 * taken in before it is written again: the file that Waybill wrote last is known by its hash.
 */
export class IndexWriter {
  readonly #parts: Parts
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined
  #pause = STEP
  #isClosed = false
  /** Whether something was changed here that the file may not say yet. */
  #isToFollow = false

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Makes the file good, where it is not: at once where it was never written, and else beside other work. */
  async open(): Promise<void> {
    const { written } = this.#parts.catalog.indexFile()
    if (written < 0) await this.#write()
    else await this.takeIn()
    if (this.#isBehind()) this.follow()
  }

  /** Has the file written soon. */
  follow(): void {
    this.#isToFollow = true
    if (this.#isClosed || this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#writing ??= this.#followNow().finally(() => {
        this.#writing = undefined
      })
    }, this.#pause).unref()
  }

  /** Writes what this one has to. What cannot be written now is, when the store is opened again. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#writing
    if (this.#isToFollow) await this.#write().catch(() => undefined)
  }

  /** Takes in what another tool has written into the file since. Gives whether there was anything. */
  async takeIn(): Promise<boolean> {
    const { lock, lockTimeout, onLockWait, catalog } = this.#parts
    const { identity } = catalog.indexFile()
    const found = await this.#identify()
    if (found === identity) return false
    // Lost: nobody's tags are in it.
    if (found === undefined) {
      this.follow()
      return false
    }
    const { changes } = catalog.indexFile()
    await withProcessLock(lock, { lockTimeout, onLockWait }, () => this.#takeInForeign())
    const after = catalog.indexFile()
    // Damaged, or not as Waybill would write it.
    if (after.changes !== after.written || after.identity !== (await this.#identify())) this.follow()
    return after.changes !== changes
  }

  async #followNow(): Promise<void> {
    try {
      await this.#write()
      if (this.#isBehind()) this.follow()
    } catch {
      // It is tried again with the next change, and when the store is closed or opened.
    }
  }

  #isBehind(): boolean {
    const { changes, written } = this.#parts.catalog.indexFile()
    return changes !== written
  }

  async #write(): Promise<void> {
    const { root, lock, catalog, ingest, lockTimeout, onLockWait } = this.#parts
    await withProcessLock(lock, { lockTimeout, onLockWait }, async () => {
      await this.#takeInForeign()
      this.#isToFollow = false
      const { identity, changes, written } = catalog.indexFile()
      if (changes === written && identity === (await this.#identify())) return
      const digest = createHash("sha256")
      let hash = ""
      await ingest.write(join(root, INDEX_FILE), hashed(this.#print(), digest), async (move) => {
        hash = digest.digest("hex")
        // Noted first, on the disk: a kill or a power cut must not make it look like another tool's.
        await catalog.transaction(() => catalog.noteIndexFile({ next_hash: hash }))
        move()
      })
      const after = (await this.#identify()) ?? null
      await catalog.note(() =>
        catalog.noteIndexFile({ identity: after, hash, next_hash: null, written: changes }),
      )
    })
  }

  /** Canonical JSON (RFC 8785), page by page: nothing else waits for all of it. */
  async *#print(): AsyncGenerator<Uint8Array> {
    const { catalog } = this.#parts
    const { head } = catalog.indexFile()
    const fields = Object.entries({ ...(JSON.parse(head) as object), manifests: undefined }).sort(
      ([a], [b]) => (a < b ? -1 : 1),
    )
    let separator = "{"
    for (const [name, value] of fields) {
      yield Buffer.from(`${separator}${JSON.stringify(name)}:`)
      separator = ","
      if (name !== "manifests") yield canonicalJson(value)
      else yield* this.#printEntries()
    }
    yield Buffer.from("}")
  }

  async *#printEntries(): AsyncGenerator<Uint8Array> {
    const { catalog } = this.#parts
    let separator = "["
    const printed = (entries: unknown[]) => {
      const parts = entries.map((entry) => Buffer.from(canonicalJson(entry)).toString())
      const text = parts.length === 0 ? "" : `${separator}${parts.join(",")}`
      if (parts.length > 0) separator = ","
      return Buffer.from(text)
    }
    yield printed(catalog.listOthers().map((entry) => JSON.parse(entry) as unknown))
    let count = 0
    for (let last = { repository: "", tag: "" }; ; ) {
      const page = catalog.pageOfTags(last, PAGE)
      yield printed(page.map(({ repository, tag, entry }) => named(entry, `${repository}:${tag}`)))
      if (page.length < PAGE) break
      last = page.at(-1) ?? last
      count += page.length
      await setImmediate()
    }
    this.#pause = Math.max(STEP, count / ENTRIES_PER_MILLISECOND)
    yield Buffer.from(separator === "[" ? "[]" : "]")
  }

  /** Where the file is not the one that Waybill wrote last. */
  async #takeInForeign(): Promise<void> {
    const { root, catalog } = this.#parts
    const known = catalog.indexFile()
    const identity = await this.#identify()
    if (identity === undefined || identity === known.identity) return
    const hash = await hashOf(join(root, INDEX_FILE))
    if (hash === known.hash || hash === known.next_hash) {
      await catalog.note(() => catalog.noteIndexFile({ identity }))
      return
    }
    const index = await readIndexFile(root).catch((error: unknown) => {
      // The catalog knows what has to be there; where it has never written the file, only the file does.
      if (known.written < 0 || !(error instanceof OciError || error instanceof LayoutError)) throw error
    })
    if (index === undefined) return
    const graphs = await this.#loadGraphs(index)
    await catalog.transaction(() => {
      // What was tagged since the file was written last, also just now, is not in it, which says nothing.
      const { changes, written } = catalog.indexFile()
      const isWhole = written < 0 || changes === written
      this.#replace(index, isWhole)
      for (const { repository, graph } of graphs) this.#adopt(repository, graph)
      catalog.noteIndexFile({ identity })
    })
  }

  /** Of tags that the catalog does not have as they stand in the file, what they need. */
  async #loadGraphs({ manifests }: IndexFile): Promise<{ repository: string; graph: Graph | Descriptor }[]> {
    const { catalog, blobs } = this.#parts
    const graphs: { repository: string; graph: Graph | Descriptor }[] = []
    for (const entry of manifests) {
      const name = nameOf(entry)
      if (name === undefined || catalog.findManifest(name.repository, entry.digest) !== undefined) continue
      if (!isManifestMediaType(entry.mediaType)) {
        graphs.push({ repository: name.repository, graph: entry })
        continue
      }
      try {
        graphs.push({ repository: name.repository, graph: await loadGraph(blobs, entry) })
      } catch (error) {
        // What is damaged or lacks a part is nothing to be served.
        if (!(error instanceof ContentError) && !(error instanceof OciError)) throw error
      }
    }
    return graphs
  }

  #replace({ manifests, ...head }: IndexFile, isWhole: boolean): void {
    const { catalog } = this.#parts
    const seen = new Set<string>()
    const others: Descriptor[] = []
    for (const entry of manifests) {
      const name = nameOf(entry)
      if (name === undefined) {
        others.push(entry)
        continue
      }
      const { repository, tag } = name
      // A second entry of one name would leave open which of them is meant.
      if (seen.has(`${repository}:${tag}`)) continue
      seen.add(`${repository}:${tag}`)
      const isKnown = catalog.hasTag(repository, tag)
      if (isWhole || !isKnown) catalog.putTag(repository, tag, entry.digest, JSON.stringify(unnamed(entry)))
    }
    if (isWhole) catalog.removeTagsBut(seen)
    catalog.replaceOthers(head, others)
  }

  /** Gives a repository all that a tag of another tool needs, as far as it lies in the store. */
  #adopt(repository: string, graph: Graph | Descriptor): void {
    const { catalog, blobs, now } = this.#parts
    const adoptBlob = ({ digest, mediaType }: Descriptor) => {
      if (!isForeignLayer(mediaType) && blobs.isFile(digest)) catalog.addBlob(repository, digest, now())
    }
    if (!(graph instanceof Graph)) {
      adoptBlob(graph)
      return
    }
    for (const { descriptor, manifest } of graph.documentsChildrenFirst()) {
      catalog.addManifest(repository, descriptor, manifest, now())
    }
    for (const blob of [...graph.configs, ...graph.layers]) adoptBlob(blob)
  }

  /** Another one when the file is replaced: Waybill never writes into it. `undefined` where there is none. */
  async #identify(): Promise<string | undefined> {
    try {
      const { ino, mtimeNs, size } = await stat(join(this.#parts.root, INDEX_FILE), { bigint: true })
      return `${ino}/${mtimeNs}/${size}`
    } catch (error) {
      if (hasCode(error, "ENOENT")) return undefined
      throw error
    }
  }
}

function nameOf(entry: Descriptor): { repository: string; tag: string } | undefined {
  const name = entry.annotations?.[REF_NAME] ?? ""
  const at = name.lastIndexOf(":")
  const [repository, tag] = [name.slice(0, Math.max(at, 0)), name.slice(at + 1)]
  return isRepository(repository) && isTag(tag) ? { repository, tag } : undefined
}

function unnamed({ annotations, ...entry }: Descriptor): object {
  const { [REF_NAME]: _, ...others } = annotations ?? {}
  return Object.keys(others).length > 0 ? { ...entry, annotations: others } : entry
}

function named(entry: string, name: string): object {
  const { annotations, ...fields } = JSON.parse(entry) as { annotations?: Record<string, string> }
  return { ...fields, annotations: { ...annotations, [REF_NAME]: name } }
}

async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  hash: { update(chunk: Uint8Array): unknown },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256")
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array)
  return hash.digest("hex")
}
