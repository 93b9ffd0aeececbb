import { readdir } from "node:fs/promises"
import { hasCode } from "../../errors/system-error.ts"

/** What is in a folder; nothing where there is none. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return []
    throw error
  }
}
