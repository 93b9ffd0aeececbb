import { mkdir, readdir } from "node:fs/promises"
import { join } from "node:path"
import { bodyOf } from "../content/read-document.ts"
import { hasCode } from "../errors/system-error.ts"
import { INDEX_FILE, LAYOUT_BYTES, LAYOUT_FILE } from "../oci/image-layout.ts"
import { canonicalJson } from "../oci/json.ts"
import { BlobFiles } from "./blob-files.ts"
import { EMPTY_INDEX } from "./index-file.ts"
import { Ingest } from "./ingest.ts"
import { LayoutError } from "./layout-error.ts"
import { LayoutRepository, type StoreFiles } from "./layout-repository.ts"
import { openLayout } from "./layout-source.ts"
import { withProcessLock } from "./process-lock.ts"

/** What a store has besides the files of the layout, which other tools pass over. */
const INGEST_FOLDER = "ingest"
const LOCK_FILE = "lock.sqlite"

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
  static async open(root: string): Promise<ContentStore> {
    const blobs = new BlobFiles(root, "delete that file, then bring the image or release to the store again")
    const files = { root, lock: join(root, LOCK_FILE), blobs, ingest: new Ingest(join(root, INGEST_FOLDER)) }
    const entries = await entriesOf(root)
    if (![LAYOUT_FILE, INDEX_FILE, INGEST_FOLDER].every((name) => entries.includes(name))) {
      await complete(files, entries)
    }
    await openLayout(root)
    return new ContentStore(files)
  }

  /** A repository of the store. It needs no making: it is there when it has a tag. Throws `INVALID_REFERENCE`. */
  repository(name: string): LayoutRepository {
    return new LayoutRepository(this.#files, name)
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
async function complete(files: StoreFiles, entries: readonly string[]): Promise<void> {
  const { root, lock, ingest } = files
  const isLayout = entries.includes(LAYOUT_FILE)
  if (!isLayout && entries.some((name) => name !== INGEST_FOLDER && name !== LOCK_FILE)) throw notAStore(root)
  await mkdir(join(root, INGEST_FOLDER), { recursive: true })
  await withProcessLock(lock, undefined, async () => {
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
