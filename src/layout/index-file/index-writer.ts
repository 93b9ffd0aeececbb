import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { stat } from "node:fs/promises"
import { join } from "node:path"
import type { LockPatience } from "../../content/lock-wait.ts"
import { withProcessLock } from "../../content/process-lock.ts"
import { hasCode } from "../../errors/system-error.ts"
import { INDEX_FILE } from "../../oci/image-layout.ts"
import { OciError } from "../../oci/oci-error.ts"
import type { BlobFiles } from "../blob-files.ts"
import type { Catalog } from "../catalog/catalog.ts"
import type { Ingest } from "../ingest.ts"
import { LayoutError } from "../layout-error.ts"
import { takeInIndex } from "./foreign-tags.ts"
import { readIndexFile } from "./index-file.ts"
import { printIndex } from "./index-printer.ts"

/** In milliseconds: `index.json` follows the tags at most so often, and the later the more it holds. */
const STEP = 1000
const ENTRIES_PER_MILLISECOND = 25

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
    const { written } = this.#parts.catalog.index.known()
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
    const { identity } = catalog.index.known()
    const found = await this.#identify()
    if (found === identity) return false
    // Lost: nobody's tags are in it.
    if (found === undefined) {
      this.follow()
      return false
    }
    const { changes } = catalog.index.known()
    await withProcessLock(lock, { lockTimeout, onLockWait }, () => this.#takeInForeign())
    const after = catalog.index.known()
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
    const { changes, written } = this.#parts.catalog.index.known()
    return changes !== written
  }

  async #write(): Promise<void> {
    const { root, lock, catalog, ingest, lockTimeout, onLockWait } = this.#parts
    await withProcessLock(lock, { lockTimeout, onLockWait }, async () => {
      await this.#takeInForeign()
      this.#isToFollow = false
      const { identity, changes, written } = catalog.index.known()
      if (changes === written && identity === (await this.#identify())) return
      const digest = createHash("sha256")
      let hash = ""
      const onCount = (count: number) => {
        this.#pause = Math.max(STEP, count / ENTRIES_PER_MILLISECOND)
      }
      await ingest.write(
        join(root, INDEX_FILE),
        hashed(printIndex(catalog, onCount), digest),
        async (move) => {
          hash = digest.digest("hex")
          // Noted first, on the disk: a kill or a power cut must not make it look like another tool's.
          await catalog.transaction(() => catalog.index.note({ next_hash: hash }))
          move()
        },
      )
      const after = (await this.#identify()) ?? null
      await catalog.note(() =>
        catalog.index.note({ identity: after, hash, next_hash: null, written: changes }),
      )
    })
  }

  /** Where the file is not the one that Waybill wrote last. */
  async #takeInForeign(): Promise<void> {
    const { root, catalog } = this.#parts
    const known = catalog.index.known()
    const identity = await this.#identify()
    if (identity === undefined || identity === known.identity) return
    const hash = await hashOf(join(root, INDEX_FILE))
    if (hash === known.hash || hash === known.next_hash) {
      await catalog.note(() => catalog.index.note({ identity }))
      return
    }
    const index = await readIndexFile(root).catch((error: unknown) => {
      // The catalog knows what has to be there; where it has never written the file, only the file does.
      if (known.written < 0 || !(error instanceof OciError || error instanceof LayoutError)) throw error
    })
    if (index !== undefined) await takeInIndex(this.#parts, index, identity)
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
