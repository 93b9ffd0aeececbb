import { randomUUID } from "node:crypto"
import { existsSync, rmSync } from "node:fs"
import { rm } from "node:fs/promises"
import { dirname } from "node:path"
import { hasCode } from "../errors/system-error.ts"
import { makePrivateFolder } from "./private-file.ts"
import { ProcessLock } from "./process-lock.ts"

/**
 * Who leaves something in a folder that others work in too. A process id is no name for that: two containers on one
 * folder both have 1. The id cannot be guessed, and as long as its lock is held, the instance lives.
 */
export class Instance implements AsyncDisposable {
  /** A UUID. */
  readonly id: string
  readonly #path: string
  readonly #lock: ProcessLock

  private constructor(id: string, path: string, lock: ProcessLock) {
    this.id = id
    this.#path = path
    this.#lock = lock
  }

  /** Begins a new instance, whose lock file has the name that `pathOf` gives for its id. Throws `CANNOT_LOCK`. */
  static async begin(pathOf: (id: string) => string): Promise<Instance> {
    for (;;) {
      const id = randomUUID()
      const path = pathOf(id)
      await makePrivateFolder(dirname(path))
      const lock = ProcessLock.tryTake(path)
      // Whoever clears up takes the lock of a dead instance, then removes its file: it may have come in between.
      if (lock !== undefined && existsSync(path)) return new Instance(id, path, lock)
      lock?.release()
    }
  }

  async end(): Promise<void> {
    this.#lock.release()
    await rm(this.#path, { force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end()
  }
}

/** Whether the instance with this lock file lives. One that cannot be asked after counts as alive. */
export function isInstanceAlive(path: string): boolean {
  if (!existsSync(path)) return false
  try {
    using lock = ProcessLock.tryTake(path)
    return lock === undefined
  } catch (error) {
    if (hasCode(error, "CANNOT_LOCK")) return existsSync(path)
    throw error
  }
}

/**
 * Removes the lock file of an instance that has ended, after `removeRest` has removed what else it left. Nobody can take the
 * lock meanwhile: whoever is about to begin under it begins under another.
 */
export async function removeDeadInstance(
  path: string,
  removeRest: () => Promise<void> = async () => undefined,
): Promise<void> {
  if (isInstanceAlive(path)) return
  using lock = existsSync(path) ? ProcessLock.tryTake(path) : undefined
  if (lock === undefined) return
  await removeRest()
  rmSync(path, { force: true })
}
