import { stat } from "node:fs/promises"
import { join } from "node:path"
import type { OperationOptions } from "../content/interfaces.ts"
import { withProcessLock } from "../content/process-lock.ts"
import { bodyOf } from "../content/read-document.ts"
import { type Descriptor, plainDescriptor } from "../oci/descriptor.ts"
import { INDEX_FILE } from "../oci/image-layout.ts"
import { type IndexFile, printIndexFile, readIndexFile, refName } from "./index-file.ts"
import type { Ingest } from "./ingest.ts"

/** The tags of a content store: the names in its `index.json`, which changes whole. */
export class Tags {
  readonly #root: string
  readonly #lock: string
  readonly #ingest: Ingest
  #cache: { version: string; names: ReadonlyMap<string, Descriptor> } | undefined

  constructor(root: string, lock: string, ingest: Ingest) {
    this.#root = root
    this.#lock = lock
    this.#ingest = ingest
  }

  /** All named manifests, `<repository>:<tag>` in general. */
  async read(): Promise<ReadonlyMap<string, Descriptor>> {
    // The file is replaced and never written: another one has another number, or another time.
    const { ino, mtimeNs, size } = await stat(join(this.#root, INDEX_FILE), { bigint: true }).catch(
      // Read all the same: that says what is wrong.
      () => ({ ino: 0n, mtimeNs: 0n, size: 0n }),
    )
    const version = `${ino}/${mtimeNs}/${size}`
    if (this.#cache?.version === version) return this.#cache.names
    const { manifests } = await readIndexFile(this.#root)
    const names = new Map<string, Descriptor>()
    for (const entry of manifests) {
      const name = refName(entry)
      if (name !== undefined && !names.has(name)) names.set(name, plainDescriptor(entry))
    }
    this.#cache = { version, names }
    return names
  }

  /**
   * Changes the tags while no other process does; `undefined` changes nothing. What follows from it is done before
   * anybody can change them again.
   */
  change(
    work: (index: IndexFile) => IndexFile | undefined,
    { signal }: OperationOptions = {},
    follow?: () => void,
  ): Promise<void> {
    return this.whileLocked(async () => {
      const changed = work(await readIndexFile(this.#root))
      if (changed !== undefined) {
        await this.#ingest.write(join(this.#root, INDEX_FILE), bodyOf(printIndexFile(this.#root, changed))(0))
      }
      follow?.()
    }, signal)
  }

  /** Does something while no tag changes. */
  whileLocked<Result>(work: () => Promise<Result>, signal?: AbortSignal | undefined): Promise<Result> {
    return withProcessLock(this.#lock, { signal }, work)
  }
}
