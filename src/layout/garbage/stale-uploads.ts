import { rm, stat } from "node:fs/promises"
import { join } from "node:path"
import type { StoreFiles } from "../store-files.ts"
import { namesIn } from "./names-in.ts"

/**
 * Removes uploads that nobody goes on with, since nobody touched them after `before`, and what killed imports left. Sizes
 * are in bytes.
 */
export async function collectUploads(
  { root, catalog, ingest }: StoreFiles,
  before: number,
  dryRun: boolean,
): Promise<{ id: string; size: number }[]> {
  const folder = join(root, "uploads")
  const stale: { id: string; size: number }[] = []
  for (const id of await namesIn(folder)) {
    const found = await stat(join(folder, id)).catch(() => undefined)
    if (found === undefined || found.mtimeMs > before || catalog.uploads.isTouchedSince(id, before)) continue
    stale.push({ id, size: found.size })
    if (dryRun) continue
    await catalog.transaction(() => catalog.uploads.remove(id))
    await rm(join(folder, id), { force: true })
  }
  for (const { name, size } of await ingest.findLeftovers()) {
    stale.push({ id: name, size })
    if (!dryRun) await ingest.removeLeftover(name)
  }
  // A kill between the file and its row left a row that nobody goes on with either.
  if (!dryRun) await catalog.transaction(() => catalog.uploads.forget(before))
  return stale
}
