import { inspect } from "node:util"
import { escapeControls } from "./quote.ts"
import { describeSystemError } from "./reason.ts"
import { redact } from "./redact.ts"
import { WaybillError } from "./waybill-error.ts"

const SYSTEM_HINTS: Readonly<Record<string, string>> = {
  ENOSPC: "free some space on that disk, or choose another place",
  EDQUOT: "the disk quota is used up: free some space, or choose another place",
  EACCES: "check the permissions of the file and of the folders above it",
  EPERM: "check the permissions of the file and of the folders above it",
  EROFS: "the file system is read-only: choose another place",
  ENOENT: "check the path",
  EISDIR: "name a file, not a folder",
  ENOTDIR: "a part of the path is a file, not a folder",
  ELOOP: "name the file that they should lead to, or make the links anew",
  EMFILE: "raise the limit of open files (ulimit -n)",
  EFBIG: "the file system does not take files of this size",
}

export interface Description {
  code: string
  message: string
  hint: string | undefined
}

/**
 * Turns anything thrown into what a person may read: a stable code, a message and a hint, with secrets masked and
 * nothing that steers a terminal.
 */
export function describeError(error: unknown): Description {
  if (error instanceof WaybillError) {
    return {
      code: error.code,
      message: readable(error.message),
      hint: error.hint === undefined ? undefined : readable(error.hint),
    }
  }
  if (error instanceof Error) {
    const code = "code" in error && typeof error.code === "string" ? error.code : "INTERNAL"
    return { code, message: readable(describeSystemError(error) ?? error.message), hint: SYSTEM_HINTS[code] }
  }
  return {
    code: "INTERNAL",
    message: readable(typeof error === "string" ? error : inspect(error)),
    hint: undefined,
  }
}

function readable(text: string): string {
  return escapeControls(redact(text))
}
