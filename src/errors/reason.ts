import { constants } from "node:os"
import { getSystemErrorMessage } from "node:util"
import { WaybillError } from "./waybill-error.ts"

/** What the system says with a code, in words that need no knowledge of it. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "this user has no permission for it",
  EADDRNOTAVAIL: "this machine has no such address",
  EBUSY: "the system is using it",
  EDQUOT: "the disk quota is used up",
  EEXIST: "there is something of that name already",
  EFBIG: "the file system takes no file of that size",
  EINVAL: "the system does not do that there",
  EIO: "the disk does not do what it is asked",
  EISDIR: "it is a folder",
  ELOOP: "its symbolic links lead in a circle",
  EMFILE: "this program has too many files open",
  ENAMETOOLONG: "the name is too long",
  ENFILE: "the system has too many files open",
  ENODEV: "the device is not there",
  ENOENT: "there is nothing of that name",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of the path is no folder",
  ENOTEMPTY: "the folder is not empty",
  ENXIO: "nothing is at the other end",
  EPERM: "the system does not permit it",
  EPIPE: "nobody reads it any more",
  EROFS: "the file system is read-only",
  ESTALE: "the server of the file system does not know it any more",
  ETXTBSY: "it is a program that runs",
}

/** What was tried, by the name of the system's call. */
const TRIED: Readonly<Record<string, string>> = {
  access: "looked at",
  chmod: "changed",
  copyfile: "copied",
  fchmod: "changed",
  fsync: "written",
  ftruncate: "written",
  link: "made",
  lstat: "looked at",
  mkdir: "made",
  open: "opened",
  read: "read",
  readlink: "read",
  realpath: "looked at",
  rename: "renamed",
  rmdir: "removed",
  scandir: "listed",
  stat: "looked at",
  statfs: "looked at",
  symlink: "made",
  unlink: "removed",
  write: "written",
}

/** How libuv names what it does not know, as what only some file systems say. */
const UNKNOWN = "Unknown system error"

/** Why something failed, in words, as a part of a sentence: of a system error without its code, its call and its path. */
export function reasonOf(error: unknown): string {
  if (error instanceof WaybillError || !isSystemError(error)) {
    return error instanceof Error ? error.message : String(error)
  }
  const { errno = 0 } = error
  const known = REASONS[nameOf(error)]
  if (known !== undefined) return known
  // As libuv has it: words for people, in English.
  const told = getSystemErrorMessage(errno)
  return told === undefined || told.startsWith(UNKNOWN)
    ? `the system calls it error ${Math.abs(errno)}`
    : told
}

function nameOf({ code, errno = 0 }: NodeJS.ErrnoException): string {
  if (code?.startsWith(UNKNOWN) !== true) return code ?? ""
  return Object.entries(constants.errno).find(([, number]) => number === -errno)?.[0] ?? ""
}

/** What is to be said of a system error that nobody has explained: which file, what was tried, and why it failed. */
export function describeSystemError(error: unknown): string | undefined {
  if (!isSystemError(error)) return undefined
  const tried = TRIED[error.syscall ?? ""] ?? "used"
  return `${error.path ?? "a file"} cannot be ${tried}: ${reasonOf(error)}`
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error && "syscall" in error && "code" in error)) return false
  return typeof error.code === "string" && (/^E[A-Z0-9]+$/.test(error.code) || error.code.startsWith(UNKNOWN))
}
