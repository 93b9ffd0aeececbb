import { printBytes } from "../bytes.ts"
import { RefusedBundle } from "./refused-bundle.ts"

/** Throws `RefusedBundle` for a file that has not the size of its bundle, which follows from the head. */
export function checkSize(file: File, expected: number): void {
  if (file.size === expected) return
  const many = file.size > expected ? "behind its end stands something else" : "it was cut off"
  throw new RefusedBundle(
    `the file has ${file.size} bytes, and the bundle that begins in it ${expected} (${printBytes(expected)}): ${many}`,
  )
}

/** Why a file that was chosen can be read no more; `undefined` where it can. */
export async function unreadable(file: File): Promise<RefusedBundle | undefined> {
  try {
    await file.slice(0, 1).arrayBuffer()
    return undefined
  } catch {
    return new RefusedBundle(
      `${file.name} cannot be read any more: it was changed or removed. Choose it again`,
    )
  }
}
