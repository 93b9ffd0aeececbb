import { stat } from "node:fs/promises"
import { join } from "node:path"
import { type Digest, isDigest } from "../../oci/digest.ts"
import type { StoreFiles } from "../store-files.ts"
import { namesIn } from "./names-in.ts"

/** Blobs that are in no repository, with the times when they were written, in milliseconds since 1970. */
export async function findOrphans({
  root,
  catalog,
}: StoreFiles): Promise<{ digest: Digest; mtimeMs: number }[]> {
  const orphans: { digest: Digest; mtimeMs: number }[] = []
  for (const algorithm of await namesIn(join(root, "blobs"))) {
    for (const hex of await namesIn(join(root, "blobs", algorithm))) {
      const digest = `${algorithm}:${hex}`
      if (!isDigest(digest) || catalog.content.isHeld(digest) || catalog.condemned.has(digest)) continue
      const found = await stat(join(root, "blobs", algorithm, hex)).catch(() => undefined)
      if (found?.isFile()) orphans.push({ digest, mtimeMs: found.mtimeMs })
    }
  }
  return orphans
}
