import { type FileHandle, lstat, open, readdir, unlink } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { moveInPlace } from "./atomic-file.ts"
import { Instance, removeDeadInstance } from "./instance.ts"

const PARTIAL = ".partial"
const LOCK = ".lock"

/**
 * A file that is being written beside the one that it is to become. Its name cannot be guessed and it is made
 * exclusively, so that nobody can have put something there; a lock beside it tells others that its writer lives.
 */
export class PartialFile implements AsyncDisposable {
  readonly path: string
  readonly handle: FileHandle
  readonly #target: string
  readonly #instance: Instance

  private constructor(path: string, handle: FileHandle, target: string, instance: Instance) {
    this.path = path
    this.handle = handle
    this.#target = target
    this.#instance = instance
  }

  /** Begins to write what shall be `path`, after clearing up behind writers of it that were killed. */
  static async begin(path: string): Promise<PartialFile> {
    await removeAbandoned(path)
    const instance = await Instance.begin((id) => besides(path, id, LOCK))
    const partial = besides(path, instance.id, PARTIAL)
    try {
      return new PartialFile(partial, await open(partial, "wx+"), path, instance)
    } catch (error) {
      await instance.end()
      throw error
    }
  }

  /** Gives the file its name. It is whole then, and on the disk. */
  finish(): Promise<void> {
    return moveInPlace(this.handle, this.path, this.#target)
  }

  /** Ends the lock, and removes what was not finished. */
  async [Symbol.asyncDispose](): Promise<void> {
    // Whatever fails, as closing does where the disk is gone: nothing that can be removed stays.
    try {
      await this.handle.close()
    } finally {
      try {
        await removeOwn(this.path)
      } finally {
        await this.#instance.end()
      }
    }
  }
}

function besides(path: string, id: string, suffix: string): string {
  return join(dirname(path), `${prefixOf(path)}${id}${suffix}`)
}

/** Of a long name the beginning: names of files have at most 255 bytes. */
function prefixOf(path: string): string {
  return `.${[...basename(path)].slice(0, 40).join("")}.`
}

/**
 * Removes what earlier writers of the same file left behind when they were killed: what has a lock that nobody holds. A
 * stranger's file in a shared folder is left alone, whatever its name, and hinders nothing.
 */
async function removeAbandoned(path: string): Promise<void> {
  const prefix = prefixOf(path)
  for (const name of await readdir(dirname(path))) {
    const id = name.startsWith(prefix) && name.endsWith(LOCK) ? name.slice(prefix.length, -LOCK.length) : ""
    if (!/^[0-9a-f-]{36}$/.test(id)) continue
    const lock = besides(path, id, LOCK)
    if (await isOwn(lock)) await removeDeadInstance(lock, () => removeOwn(besides(path, id, PARTIAL)))
  }
}

/** A regular file of this user: a link could lead to any file, and a lock of another user to waiting. */
async function isOwn(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined)
  return found?.isFile() === true && (process.geteuid === undefined || found.uid === process.geteuid())
}

/** What cannot be removed stays: another writer may have been faster. */
async function removeOwn(path: string): Promise<void> {
  if (await isOwn(path)) await unlink(path).catch(() => undefined)
}
