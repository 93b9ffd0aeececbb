import { closeSync, fchmodSync, openSync } from "node:fs"
import { chmod, type FileHandle, lstat, mkdir, open, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { hasCode } from "../errors/system-error.ts"

/** What Waybill keeps is for the eyes of its user alone, whatever the umask says. */
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700

/** The bits of a mode that let somebody else in. */
export const OTHERS = 0o077

/**
 * Makes a folder that only this user may enter, and those above it that are missing. Says whether it was missing.
 * Throws what the system says where no folder can be made; unlike mkdir's own `recursive`, that is so as well below a
 * place as /proc, which has no folder of that name and takes none: there the other tries for ever.
 */
export async function makePrivateFolder(path: string): Promise<boolean> {
  try {
    await makeFolder(path)
    return true
  } catch (error) {
    if (await isFolder(path)) return false
    const above = dirname(path)
    if (!hasCode(error, "ENOENT") || above === path) throw error
    await makePrivateFolder(above)
  }
  try {
    await makeFolder(path)
    return true
  } catch (error) {
    // Another process was quicker.
    if (await isFolder(path)) return false
    throw error
  }
}

/** Makes a file that only this user may read and write. Throws `EEXIST` where there is one, or a link. */
export async function createPrivateFile(path: string, flags: "wx" | "wx+" = "wx"): Promise<FileHandle> {
  const file = await open(path, flags, FILE_MODE)
  try {
    // A umask may take away what its own user needs.
    await file.chmod(FILE_MODE)
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

/**
 * Sees to it that a file is private from the start that SQLite is about to make, which would leave the mode to the umask;
 * what it puts beside gets the mode of the file. One that is there stays as it is. At once: while the file is open here,
 * nobody else in this process must open it, for to close it drops the locks of all (fcntl(2), POSIX locks). What is in
 * the way is left to SQLite to say.
 */
export function ensurePrivateFile(path: string): void {
  try {
    const file = openSync(path, "wx", FILE_MODE)
    try {
      fchmodSync(file, FILE_MODE)
    } finally {
      closeSync(file)
    }
  } catch {
    // It is there, or SQLite cannot make it either.
  }
}

/**
 * Takes a file or folder away from others, where it belongs to this user, and says what it is. A link is left alone: it
 * may be somebody's trap, and leads to what is not Waybill's. So is a file that has other names. The folder around it
 * must be one that others cannot write in, or they could exchange it meanwhile.
 */
export async function closeToOthers(path: string): Promise<"file" | "folder" | undefined> {
  const found = await lstat(path).catch((error: unknown) => {
    // Another process has removed it.
    if (hasCode(error, "ENOENT")) return undefined
    throw error
  })
  if (found === undefined || found.uid !== process.geteuid?.()) return undefined
  const kind = found.isDirectory() ? "folder" : found.isFile() && found.nlink === 1 ? "file" : undefined
  if (kind !== undefined && (found.mode & OTHERS) !== 0) {
    await chmod(path, found.mode & (kind === "folder" ? FOLDER_MODE : FILE_MODE)).catch((error: unknown) => {
      if (!hasCode(error, "ENOENT")) throw error
    })
  }
  return kind
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: FOLDER_MODE })
  const { mode } = await lstat(path)
  if ((mode & FOLDER_MODE) !== FOLDER_MODE) await chmod(path, FOLDER_MODE)
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
