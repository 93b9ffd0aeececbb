import { statfs } from "node:fs/promises"
import { BundleError } from "./bundle-error.ts"

/** Throws `NOT_ENOUGH_SPACE` where the disk of a folder has not so many bytes free. */
export async function requireSpace(folder: string, size: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  if (free >= size) return
  throw noSpace(`the bundle needs ${size} bytes, ${folder} has ${free} bytes free`)
}

export function noSpace(message: string, cause?: unknown): BundleError {
  return new BundleError("NOT_ENOUGH_SPACE", message, {
    cause,
    hint: "free some space there, choose another disk with -o, or write to a pipe with -o -",
  })
}
