import { readdir } from "node:fs/promises"
import { join } from "node:path"
import type { LockPatience } from "../content/lock-wait.ts"
import { withProcessLock } from "../content/process-lock.ts"
import { bodyOf } from "../content/read-document.ts"
import { hasCode } from "../errors/system-error.ts"
import { LAYOUT_BYTES, LAYOUT_FILE } from "../oci/image-layout.ts"
import { BlobFiles } from "./blob-files.ts"
import { Catalog } from "./catalog/catalog.ts"
import { collectGarbage, type Garbage, type GarbageOptions } from "./garbage/garbage.ts"
import { IndexWriter } from "./index-file/index-writer.ts"
import { Ingest, makeFolder } from "./ingest.ts"
import { LayoutError } from "./layout-error.ts"
import { LayoutRepository } from "./layout-repository.ts"
import { openLayout } from "./layout-source.ts"
import { Leases } from "./leases.ts"
import { ServedLayout } from "./served-layout.ts"
import type { StoreFiles } from "./store-files.ts"
import { type TagLimits, Tags } from "./tags.ts"
import { UploadFiles } from "./upload-files.ts"
import { type StoreReport, type VerifyStoreOptions, verifyStore } from "./verify-store.ts"

/** What a store has besides the files of the layout, which other tools pass over. */
const INGEST_FOLDER = "ingest"
const UPLOADS_FOLDER = "uploads"
/** A lock for each process that works here: see `Instance`. */
const PROCESSES_FOLDER = "processes"
const CATALOG_FILE = "catalog.sqlite"
/** Held while the index is written. */
const INDEX_LOCK = "index-lock.sqlite"
/** Held while garbage is collected. */
const COLLECTION_LOCK = "lock.sqlite"

function isOwn(name: string): boolean {
  const own = [INGEST_FOLDER, UPLOADS_FOLDER, PROCESSES_FOLDER, INDEX_LOCK, COLLECTION_LOCK]
  return own.includes(name) || name.startsWith(CATALOG_FILE)
}

/** What the store tells time by. */
interface Clock {
  /** In milliseconds since 1970. */
  now(): number
}

interface StoreOptions extends LockPatience {
  tagLimits?: TagLimits | undefined
}

interface NewStore {
  root: string
  lock: string
  ingest: Ingest
  patience: LockPatience
}

/**
 * The content store: an OCI image layout on disk (image-spec 1.1, image-layout.md) that many processes may use at
 * once. A kill or a power cut at any moment leaves no blob under a wrong name and no half-written index. Other tools
 * may read it at any time, but know nothing of its lock: they should not write it while Waybill does.
 */
export class ContentStore {
  readonly root: string
  readonly #files: StoreFiles
  readonly #index: IndexWriter

  private constructor(files: StoreFiles, index: IndexWriter) {
    this.root = files.root
    this.#files = files
    this.#index = index
  }

  /**
   * Opens the store at `root`, and makes it where there is none. Throws `NOT_A_LAYOUT` for a folder of other things, and
   * `CANNOT_LOCK` when another process holds it for too long.
   */
  static async open(root: string, clock: Clock, options: StoreOptions = {}): Promise<ContentStore> {
    const { lockTimeout, onLockWait, tagLimits } = options
    const patience = { lockTimeout, onLockWait }
    const now = () => clock.now()
    const entries = await entriesOf(root)
    const isLayout = entries.includes(LAYOUT_FILE)
    if (!isLayout && entries.some((name) => !isOwn(name))) throw notAStore(root)
    if (isLayout) await openLayout(root)
    await makeFolder(join(root, INGEST_FOLDER))
    const catalog = await Catalog.open(join(root, CATALOG_FILE), patience)
    const leases = new Leases({ folder: join(root, PROCESSES_FOLDER), catalog, now })
    try {
      const ingest = new Ingest(join(root, INGEST_FOLDER), leases)
      const lock = join(root, INDEX_LOCK)
      if (!isLayout) await complete({ root, lock, ingest, patience })
      const blobs = new BlobFiles(
        root,
        "delete that file, then bring the image or release to the store again",
      )
      const index = new IndexWriter({ root, lock, catalog, blobs, ingest, now, ...patience })
      await index.open()
      const uploads = new UploadFiles({ folder: join(root, UPLOADS_FOLDER), catalog, blobs, leases, now })
      return new ContentStore(
        {
          root,
          lock: join(root, COLLECTION_LOCK),
          patience,
          blobs,
          catalog,
          ingest,
          leases,
          tags: new Tags(catalog, index, tagLimits),
          uploads,
          now,
        },
        index,
      )
    } catch (error) {
      await leases.close().catch(() => undefined)
      catalog.close()
      throw error
    }
  }

  /** A repository of the store. It needs no making: it is there when it has a tag. Throws `INVALID_REFERENCE`. */
  repository(name: string): LayoutRepository {
    return new LayoutRepository(this.#files, name)
  }

  /** The same, for others to use through a registry, which has checked the name: they find in it what was given to it. */
  served(name: string): ServedLayout {
    return new ServedLayout(this.#files, name)
  }

  /** See `collectGarbage`. */
  collectGarbage(options: GarbageOptions): Promise<Garbage> {
    return collectGarbage(this.#files, options)
  }

  /** See `verifyStore`. */
  verify(options: VerifyStoreOptions): Promise<StoreReport> {
    return verifyStore(this.#files, options)
  }

  /** Ends what this process holds here, and leaves `index.json` as the tags are. */
  async close(): Promise<void> {
    const { catalog, leases } = this.#files
    try {
      await this.#index.close()
      await leases.close()
    } finally {
      catalog.close()
    }
  }
}

async function entriesOf(root: string): Promise<string[]> {
  try {
    await makeFolder(root)
    return await readdir(root)
  } catch (cause) {
    if (!hasCode(cause, "EEXIST") && !hasCode(cause, "ENOTDIR")) throw cause
    throw notAStore(root, cause)
  }
}

/** Makes what a new store lacks, or one whose making was cut off. `oci-layout` says what the folder is. */
async function complete({ root, lock, ingest, patience }: NewStore): Promise<void> {
  await withProcessLock(lock, patience, async () => {
    const present = await readdir(root)
    if (!present.includes(LAYOUT_FILE)) await ingest.write(join(root, LAYOUT_FILE), bodyOf(LAYOUT_BYTES)(0))
    await makeFolder(join(root, "blobs", "sha256"))
  })
}

function notAStore(root: string, cause?: unknown): LayoutError {
  return new LayoutError("NOT_A_LAYOUT", `${root} is not a content store, and not an empty folder`, {
    cause,
    hint: "choose an empty or new folder",
  })
}
