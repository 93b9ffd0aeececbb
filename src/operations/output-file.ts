import { constants } from "node:fs"
import { access, lstat, readlink, realpath, stat } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import { reasonOf } from "../errors/reason.ts"
import { hasCode } from "../errors/system-error.ts"
import { OperationError } from "./operation-error.ts"

/** As many as the kernel follows. */
const MAX_LINKS = 40

const STICKY = 0o1000
const ROOT = 0

/** What a name of an output stands for: a file to be replaced, or a pipe or a device to be written to as it is. */
export type Output = { file: string } | { stream: string }

/**
 * Finds out what to write to, behind symbolic links: replacing the link would be a disaster for `/dev/stdout`. A link,
 * a pipe or a device counts only where it is the user's own or root's, as Linux has it in shared folders
 * (proc_sys_fs(5), protected_symlinks): somebody else may have planted it to have another file overwritten, or to read
 * along. Throws `INVALID_OUTPUT`.
 */
export async function findOutput(
  path: string,
  user: number | undefined = process.geteuid?.(),
): Promise<Output> {
  const last = await followOwnLinks(path, user)
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) {
    await requireWritable(path, dirname(last))
    return { file: last }
  }
  if (found.isFile()) {
    const file = await realpath(path)
    if (await isKeptByOther(file, found.uid, user)) {
      throw new OperationError(
        "INVALID_OUTPUT",
        `${path} belongs to another user, who alone may replace it there`,
        {
          hint: "name another file, or one in a folder of your own",
        },
      )
    }
    await requireWritable(path, dirname(file))
    return { file }
  }
  if (found.isDirectory()) {
    throw new OperationError("INVALID_OUTPUT", `${path} is a folder`, { hint: "name a file in it" })
  }
  if (isForeign(found.uid, user)) throw refused(path, "a pipe or a device", path)
  return { stream: path }
}

/** Before anything is fetched for a file that could not be put there. */
async function requireWritable(path: string, folder: string): Promise<void> {
  await access(folder, constants.W_OK | constants.X_OK).catch((cause: unknown) => {
    const isMissing = hasCode(cause, "ENOENT") || hasCode(cause, "ENOTDIR")
    const hint = isMissing ? "make the folder first, or name another place" : "name another place"
    const reason = isMissing ? `there is no folder ${folder}` : reasonOf(cause)
    throw new OperationError("INVALID_OUTPUT", `${path} cannot be written: ${reason}`, { hint, cause })
  })
}

/** Where the links end that a name stands for; nothing need be there. */
async function followOwnLinks(path: string, user: number | undefined): Promise<string> {
  let place = path
  for (let links = 0; links < MAX_LINKS; links++) {
    const found = await lstat(place).catch((error: unknown) => {
      if (hasCode(error, "ENOENT")) return undefined
      throw error
    })
    if (!found?.isSymbolicLink()) return place
    if (isForeign(found.uid, user)) throw refused(path, "a symbolic link", place)
    place = resolve(dirname(place), await readlink(place))
  }
  throw new OperationError("INVALID_OUTPUT", `the symbolic links of ${path} lead nowhere`, {
    hint: "name another file",
  })
}

/** In a sticky folder, a file is replaced by its owner, the folder's, or root (rename(2), EPERM): nobody else is let fetch for it. */
async function isKeptByOther(file: string, owner: number, user: number | undefined): Promise<boolean> {
  if (user === undefined || user === ROOT || user === owner) return false
  const folder = await stat(dirname(file))
  return (folder.mode & STICKY) !== 0 && folder.uid !== user
}

/** Where a system knows no users, nothing belongs to others. */
function isForeign(owner: number, user: number | undefined): boolean {
  return user !== undefined && owner !== user && owner !== 0
}

function refused(path: string, what: string, place: string): OperationError {
  const where = place === path ? path : `${path} leads to ${place}, which`
  return new OperationError("INVALID_OUTPUT", `${where} is ${what} of another user`, {
    hint: "somebody may have put it there to have something else overwritten: name another file, or one in a folder of your own",
  })
}
