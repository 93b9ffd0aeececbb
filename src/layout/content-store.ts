import { mkdir, readdir } from "node:fs/promises"
import { join } from "node:path"
import { withProcessLock } from "../content/process-lock.ts"
import { bodyOf } from "../content/read-document.ts"
import { hasCode } from "../errors/system-error.ts"
import { INDEX_FILE, LAYOUT_BYTES, LAYOUT_FILE } from "../oci/image-layout.ts"
import { canonicalJson } from "../oci/json.ts"
import { BlobFiles } from "./blob-files.ts"
import { Catalog } from "./catalog.ts"
import { collectGarbage, type Garbage, type GarbageOptions } from "./garbage.ts"
import { EMPTY_INDEX } from "./index-file.ts"
import { Ingest } from "./ingest.ts"
import { LayoutError } from "./layout-error.ts"
import { LayoutRepository } from "./layout-repository.ts"
import { openLayout } from "./layout-source.ts"
import { ServedLayout } from "./served-layout.ts"
import type { StoreFiles } from "./store-files.ts"
import { Tags } from "./tags.ts"
import { UploadFiles } from "./upload-files.ts"
import { type StoreReport, type VerifyStoreOptions, verifyStore } from "./verify-store.ts"

/** What a store has besides the files of the layout, which other tools pass over. */
const INGEST_FOLDER = "ingest"
const LOCK_FILE = "lock.sqlite"
const CATALOG_FILE = "catalog.sqlite"
const UPLOADS_FOLDER = "uploads"

function isOwn(name: string): boolean {
  return [INGEST_FOLDER, LOCK_FILE, UPLOADS_FOLDER].includes(name) || name.startsWith(CATALOG_FILE)
}

/** What the store tells time by. */
interface Clock {
  /** In milliseconds since 1970. */
  now(): number
}

/**
 * The content store: an OCI image layout on disk (image-spec 1.1, image-layout.md) that many processes may use at
 * once. A kill or a power cut at any moment leaves no blob under a wrong name and no half-written index. Other tools
 * may read it at any time, but know nothing of its lock: they should not write it while Waybill does.
 */
export class ContentStore {
  readonly root: string
  readonly #files: StoreFiles

  private constructor(files: StoreFiles) {
    this.root = files.root
    this.#files = files
  }

  /** Opens the store at `root`, and makes it where there is none. Throws `NOT_A_LAYOUT` for a folder of other things. */
  static async open(root: string, clock: Clock): Promise<ContentStore> {
    const now = () => clock.now()
    const lock = join(root, LOCK_FILE)
    const ingest = new Ingest(join(root, INGEST_FOLDER))
    const entries = await entriesOf(root)
    if (![LAYOUT_FILE, INDEX_FILE, INGEST_FOLDER].every((name) => entries.includes(name))) {
      await complete({ root, lock, ingest }, entries)
    }
    await openLayout(root)
    const blobs = new BlobFiles(root, "delete that file, then bring the image or release to the store again")
    const catalog = Catalog.open(join(root, CATALOG_FILE))
    const uploads = new UploadFiles({ folder: join(root, UPLOADS_FOLDER), catalog, blobs, now })
    return new ContentStore({
      root,
      blobs,
      catalog,
      ingest,
      tags: new Tags(root, lock, ingest),
      uploads,
      now,
    })
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

  close(): void {
    this.#files.catalog.close()
  }
}

async function entriesOf(root: string): Promise<string[]> {
  try {
    await mkdir(root, { recursive: true })
    return await readdir(root)
  } catch (cause) {
    if (!hasCode(cause, "EEXIST") && !hasCode(cause, "ENOTDIR")) throw cause
    throw notAStore(root, cause)
  }
}

/** Makes what a new store lacks, or one whose making was cut off. `oci-layout` comes first: it says what the folder is. */
async function complete(
  { root, lock, ingest }: { root: string; lock: string; ingest: Ingest },
  entries: readonly string[],
): Promise<void> {
  const isLayout = entries.includes(LAYOUT_FILE)
  if (!isLayout && entries.some((name) => !isOwn(name))) throw notAStore(root)
  await mkdir(join(root, INGEST_FOLDER), { recursive: true })
  await withProcessLock(lock, {}, async () => {
    const present = await readdir(root)
    const write = (name: string, bytes: Uint8Array) => ingest.write(join(root, name), bodyOf(bytes)(0))
    if (!present.includes(LAYOUT_FILE)) await write(LAYOUT_FILE, LAYOUT_BYTES)
    if (!present.includes(INDEX_FILE)) await write(INDEX_FILE, canonicalJson(EMPTY_INDEX))
    await mkdir(join(root, "blobs", "sha256"), { recursive: true })
  })
}

function notAStore(root: string, cause?: unknown): LayoutError {
  return new LayoutError("NOT_A_LAYOUT", `${root} is not a content store, and not an empty folder`, {
    cause,
    hint: "choose an empty or new folder",
  })
}
