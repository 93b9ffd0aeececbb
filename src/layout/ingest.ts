import { renameSync } from "node:fs"
import { type FileHandle, mkdir, open, readdir, rm, stat } from "node:fs/promises"
import { dirname, join } from "node:path"
import { writeFileRange } from "../content/file-range.ts"
import { hasCode, isOutOfSpace } from "../errors/system-error.ts"
import { LayoutError } from "./layout-error.ts"
import { isOfDeadProcess, newProcessName } from "./process-name.ts"

/** A file of a process that is gone is left alone for this long, in milliseconds since it was last written. */
const DEAD_AFTER = 10 * 60 * 1000
/** So is a file whose process cannot be asked after: of another host, or with a process id that is in use again. */
const FORGOTTEN_AFTER = 24 * 60 * 60 * 1000

/**
 * The folder in which files of a layout are written before they get their names. A file appears under its name
 * whole and on the disk, or not at all. What killed processes left here is removed with the first write.
 */
export class Ingest {
  readonly #folder: string
  #swept = false

  constructor(folder: string) {
    this.#folder = folder
  }

  /**
   * Writes a file and moves it to `path`, over what is there. If `chunks` throws, nothing is left. `settle` chooses
   * what else happens with the move. Throws `NO_SPACE` when the disk, the quota or the file system takes no more.
   */
  async write(
    path: string,
    chunks: AsyncIterable<Uint8Array>,
    settle: (move: () => void) => void = (move) => move(),
  ): Promise<void> {
    const { file, temporary } = await this.#create()
    try {
      try {
        await this.#sweep(file)
        await writeFileRange(file, 0, chunks)
        await file.sync()
      } finally {
        await file.close()
      }
      await mkdir(dirname(path), { recursive: true })
      settle(() => renameSync(temporary, path))
    } catch (error) {
      await rm(temporary, { force: true })
      throw explainFailure(error, path)
    }
    await syncFolder(dirname(path))
  }

  /** The name says whose it is: host, process and number. */
  async #create(): Promise<{ file: FileHandle; temporary: string }> {
    while (true) {
      const temporary = join(this.#folder, newProcessName())
      try {
        return { file: await open(temporary, "wx"), temporary }
      } catch (error) {
        // Left over from an earlier process with the same id, which is usual in containers.
        if (!hasCode(error, "EEXIST")) throw explainFailure(error, temporary)
      }
    }
  }

  /** Files of killed processes. Sizes are in bytes. */
  async findLeftovers(now: number): Promise<{ name: string; size: number }[]> {
    const found: { name: string; size: number }[] = []
    for (const name of await readdir(this.#folder)) {
      const limit = isOfDeadProcess(name) ? DEAD_AFTER : FORGOTTEN_AFTER
      const file = await stat(join(this.#folder, name)).catch(() => undefined)
      if (file?.isFile() && now - file.mtimeMs > limit) found.push({ name, size: file.size })
    }
    return found
  }

  async removeLeftover(name: string): Promise<void> {
    await rm(join(this.#folder, name), { force: true })
  }

  /** Ages are taken between files, so that only the clock of the file system counts. */
  async #sweep(fresh: FileHandle): Promise<void> {
    if (this.#swept) return
    this.#swept = true
    for (const { name } of await this.findLeftovers((await fresh.stat()).mtimeMs)) {
      try {
        await this.removeLeftover(name)
      } catch {
        // Another process was quicker, or the file belongs to someone else: what matters here is the new file.
      }
    }
  }
}

/** Makes a rename in a folder last through a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Says `NO_SPACE` for a write that failed since the disk, the quota or the file system takes no more. */
export function explainFailure(error: unknown, path: string): unknown {
  if (!isOutOfSpace(error)) return error
  return new LayoutError("NO_SPACE", `cannot write ${path}: ${error.message}`, {
    cause: error,
    hint: "free some space on that disk or raise its quota, then run the same command again: what is stored stays stored",
  })
}
