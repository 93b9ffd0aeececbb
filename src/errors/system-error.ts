/** Whether a thrown value is a system error with this code, as `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code
}

/** Whether a write failed since the disk, the quota or the file system takes no more. */
export function isOutOfSpace(error: unknown): error is Error {
  return ["ENOSPC", "EDQUOT", "EFBIG"].some((code) => hasCode(error, code))
}
