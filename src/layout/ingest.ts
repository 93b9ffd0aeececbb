import { existsSync } from "node:fs"
import { type FileHandle, readdir, rm, stat } from "node:fs/promises"
import { dirname, join } from "node:path"
import { replaceFile, type Settle, syncFolder } from "../content/atomic-file.ts"
import { writeFileRange } from "../content/file-range.ts"
import { makePrivateFolder } from "../content/private-file.ts"
import { reasonOf } from "../errors/reason.ts"
import { isOutOfSpace } from "../errors/system-error.ts"
import { LayoutError } from "./layout-error.ts"
import type { Leases } from "./leases.ts"

/**
 * The folder in which files of a layout are written before they get their names. A file appears under its name
 * whole and on the disk, or not at all. What killed processes left here is removed with the first write.
 */
export class Ingest {
  readonly #folder: string
  readonly #leases: Leases
  #counter = 0
  #swept = false

  constructor(folder: string, leases: Leases) {
    this.#folder = folder
    this.#leases = leases
  }

  /**
   * Writes a file and moves it to `path`, over what is there. If `chunks` throws, nothing is left. `settle` chooses
   * what else happens with the move. Throws `NO_SPACE` when the disk, the quota or the file system takes no more.
   */
  async write(path: string, chunks: AsyncIterable<Uint8Array>, settle?: Settle): Promise<void> {
    const number = ++this.#counter
    // The name says whose it is.
    const temporary = join(this.#folder, `${await this.#leases.holder()}.${number}`)
    const write = async (file: FileHandle) => {
      await this.#sweep()
      await writeFileRange(file, 0, chunks)
      await makeFolder(dirname(path))
    }
    await replaceFile(path, temporary, write, settle).catch((error) => {
      throw explainFailure(error, path)
    })
  }

  /** Files of processes that are gone. Sizes are in bytes. */
  async findLeftovers(): Promise<{ name: string; size: number }[]> {
    const found: { name: string; size: number }[] = []
    for (const name of await readdir(this.#folder)) {
      const [holder = ""] = name.split(".")
      if (this.#leases.isAlive(holder)) continue
      const file = await stat(join(this.#folder, name)).catch(() => undefined)
      if (file?.isFile()) found.push({ name, size: file.size })
    }
    return found
  }

  async removeLeftover(name: string): Promise<void> {
    await rm(join(this.#folder, name), { force: true })
  }

  async #sweep(): Promise<void> {
    if (this.#swept) return
    this.#swept = true
    for (const { name } of await this.findLeftovers()) {
      try {
        await this.removeLeftover(name)
      } catch {
        // Another process was quicker, or the file belongs to someone else: what matters here is the new file.
      }
    }
  }
}

/** Makes a folder with its parents, for this user alone, each to last through a power cut. */
export async function makeFolder(path: string): Promise<void> {
  const missing: string[] = []
  for (let above = path; !existsSync(above); above = dirname(above)) missing.push(above)
  if (missing.length === 0) return
  await makePrivateFolder(path)
  for (const made of missing) await syncFolder(dirname(made))
}

/** Says `NO_SPACE` for a write that failed since the disk, the quota or the file system takes no more. */
export function explainFailure(error: unknown, path: string): unknown {
  if (!isOutOfSpace(error)) return error
  return new LayoutError("NO_SPACE", `cannot write ${path}: ${reasonOf(error)}`, {
    cause: error,
    hint: "free some space on that disk or raise its quota, then run the same command again: what is stored stays stored",
  })
}
