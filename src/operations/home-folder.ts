import { constants, type Stats } from "node:fs"
import { access, chmod, lstat, open, readdir, realpath } from "node:fs/promises"
import { join } from "node:path"
import { forEachConcurrent } from "../content/concurrency.ts"
import { closeToOthers, makePrivateFolder, OTHERS } from "../content/private-file.ts"
import { reasonOf } from "../errors/reason.ts"
import { hasCode } from "../errors/system-error.ts"
import { OperationError } from "./operation-error.ts"

/** In the home: the OCI image layout with the content of fleets without a registry. */
export const STORE_FOLDER = "store"

/** In the home: the database of fleets, where it is SQLite. */
export const DATABASE_FILE = "waybill.db"

/** What a home holds. A disk has `lost+found` in its root. */
const OWN = /^(?:waybill\.db.*|contexts\..*|store|first-token|lost\+found)$/

const PRIVATE = 0o700
const WRITABLE_BY_OTHERS = 0o022
const STICKY = 0o1000
const ROOT = 0

/** How many files are looked at at once. */
const AT_ONCE = 16

/**
 * Makes the folder of a home where it is missing, and closes one that is there to other users, with all that an earlier
 * Waybill left open in it. What it did, and what is wrong and is not its to mend, it says to `onNotice`. Throws
 * `INVALID_HOME` where there can be no home, as in a folder or behind a link of another user: whoever owns it decides what
 * is read and written there.
 */
export async function prepareHome(path: string, onNotice: (text: string) => void): Promise<void> {
  const isNew = await makePrivateFolder(path).catch((cause: Error) => {
    // As below /proc.
    const reason = hasCode(cause, "ENOENT") ? "no folder can be made there" : reasonOf(cause)
    throw notAHome(path, reason, { cause })
  })
  const user = process.geteuid?.()
  if (isNew) return
  await refuseReadOnly(path)
  if (user === undefined) return
  const isPrivate = await closeFolder(path, user, onNotice).catch((cause: Error) => {
    throw cause instanceof OperationError ? cause : notAHome(path, reasonOf(cause), { cause })
  })
  if (isPrivate) await closeContents(path, user)
}

/** Even to read, the database keeps track of who reads. What permissions do not allow is told where it is met. */
async function refuseReadOnly(path: string): Promise<void> {
  try {
    await access(path, constants.W_OK)
  } catch (cause) {
    if (!hasCode(cause, "EROFS")) return
    throw notAHome(path, "it is on a file system that is mounted read-only", {
      hint: "mount it so that it can be written, or set WAYBILL_HOME to a folder that can be",
      cause,
    })
  }
}

/** Says whether others cannot exchange what is in it now. */
async function closeFolder(path: string, user: number, onNotice: (text: string) => void): Promise<boolean> {
  const link = await lstat(path)
  if (link.isSymbolicLink()) refuseOthers(path, link, user)
  const real = link.isSymbolicLink() ? await realpath(path) : path
  // What is looked at is what is changed, whoever exchanges the path meanwhile.
  await using folder = await open(real, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  const found = await folder.stat()
  refuseOthers(path, found, user)
  if (user === ROOT && found.uid !== ROOT) {
    onNotice(
      `${path} belongs to another user (uid ${found.uid}) and stays as it is: what root puts there is root's, and that user cannot read it`,
    )
    return false
  }
  if ((found.mode & OTHERS) === 0) return true
  const mode = (found.mode & 0o7777).toString(8).padStart(4, "0")
  const isShared = (found.mode & STICKY) !== 0 || !(await readdir(real)).every((name) => OWN.test(name))
  if (found.uid === user && !isShared) {
    await folder.chmod(PRIVATE)
    onNotice(`other users could enter ${path} (mode ${mode}): it is closed to them now (0700)`)
    return true
  }
  const owner = found.uid === user ? "holds more than Waybill's own" : "belongs to root"
  onNotice(
    `other users may enter ${path} (mode ${mode}), which ${owner} and stays as it is: set WAYBILL_HOME to a folder of its own`,
  )
  return (found.mode & WRITABLE_BY_OTHERS) === 0
}

async function closeContents(path: string, user: number): Promise<void> {
  for (const name of await readdir(path)) {
    if (OWN.test(name) && name !== STORE_FOLDER) await closeToOthers(join(path, name))
  }
  const store = await ownFolder(join(path, STORE_FOLDER), user)
  if (store === undefined || (store.mode & OTHERS) === 0) return
  // Others must not write while the rest is closed; that it is closed to them whole says that all in it is done.
  await chmod(store.path, store.mode & 0o777 & ~WRITABLE_BY_OTHERS)
  await closeTreeToOthers(store.path)
  await chmod(store.path, PRIVATE)
}

async function closeTreeToOthers(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return []
    throw error
  })
  await forEachConcurrent(entries, AT_ONCE, undefined, async (name) => {
    const path = join(folder, name)
    if ((await closeToOthers(path)) === "folder") await closeTreeToOthers(path)
  })
}

/** A folder of this user, also behind a link of this user: to a larger disk, say. */
async function ownFolder(path: string, user: number): Promise<{ path: string; mode: number } | undefined> {
  const found = await lstat(path).catch(() => undefined)
  if (found === undefined || found.uid !== user) return undefined
  if (!found.isSymbolicLink()) return found.isDirectory() ? { path, mode: found.mode } : undefined
  const real = await realpath(path).catch(() => undefined)
  return real === undefined ? undefined : ownFolder(real, user)
}

/** What is root's is in no worse hands; and root may do what it does, as in a container whose volume has another owner. */
function refuseOthers(path: string, { uid }: Stats, user: number): void {
  if (uid === user || uid === ROOT || user === ROOT) return
  throw notAHome(path, `it belongs to another user (uid ${uid}, and this is ${user})`, {
    hint: "run the command as that user, or set WAYBILL_HOME to a folder of your own",
  })
}

function notAHome(path: string, reason: string, details: { cause?: unknown; hint?: string }): OperationError {
  return new OperationError("INVALID_HOME", `${path} cannot be a home: ${reason}`, {
    hint: "set WAYBILL_HOME to a folder that you may write in",
    ...details,
  })
}
