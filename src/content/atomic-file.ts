import { renameSync } from "node:fs"
import { type FileHandle, open, rm } from "node:fs/promises"
import { dirname } from "node:path"
import { createPrivateFile } from "./private-file.ts"

/** Chooses what else happens with a move, before it or after it. */
export type Settle = (move: () => void) => Promise<void>

const alone: Settle = async (move) => move()

/**
 * Moves a file that is written to the name that it shall have, over what is there, on the same disk. Its bytes are on the
 * disk before it has the name, and the name is before this ends: a power cut leaves the old file or the new one, whole.
 */
export async function moveInPlace(
  file: FileHandle,
  temporary: string,
  path: string,
  settle = alone,
): Promise<void> {
  await file.sync()
  await settle(() => renameSync(temporary, path))
  await syncFolder(dirname(path))
}

/**
 * Writes a file that only this user may read, and moves it to its name once `write` is done. `temporary` is on the same
 * disk, and nothing is there. A failure leaves what was there, and nothing of the new file.
 */
export async function replaceFile(
  path: string,
  temporary: string,
  write: (file: FileHandle) => Promise<void>,
  settle?: Settle,
): Promise<void> {
  await using file = await createPrivateFile(temporary)
  try {
    await write(file)
    await moveInPlace(file, temporary, path, settle)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Makes a rename in a folder last through a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, "r")
  await handle.sync()
}
