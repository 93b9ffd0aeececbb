import { unlinkSync } from "node:fs"
import { setTimeout } from "node:timers/promises"
import { hasCode } from "../../errors/system-error.ts"
import type { Digest } from "../../oci/digest.ts"
import type { StoreFiles } from "../store-files.ts"

/** Files that go in one transaction, for which pushes wait. */
const BATCH = 64
/** What is noted in one, without files. */
const NOTES = 1000
/** Between transactions: whoever waits asks again within that time, and gets its turn. */
const PAUSE = 25

/** Removes what is condemned, and orphans with it, while others read and write. */
export async function sweep(
  store: StoreFiles,
  orphans: readonly Digest[],
  signal: AbortSignal | undefined,
): Promise<void> {
  await condemnOrphans(store, orphans, signal)
  await removeFiles(store, signal)
  await forgetNeeds(store, signal)
}

async function condemnOrphans(
  { catalog }: StoreFiles,
  orphans: readonly Digest[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let at = 0; at < orphans.length; at += NOTES) {
    signal?.throwIfAborted()
    await catalog.transaction(() => {
      for (const digest of orphans.slice(at, at + NOTES)) {
        if (!catalog.content.isHeld(digest)) catalog.condemned.add(digest)
      }
    })
    await letOthersIn()
  }
}

/** Removes the files of what is condemned. A push that came between has taken it from there. */
async function removeFiles({ blobs, catalog }: StoreFiles, signal: AbortSignal | undefined): Promise<void> {
  for (;;) {
    signal?.throwIfAborted()
    const count = await catalog.transaction(() => {
      const batch = catalog.condemned.list(BATCH)
      for (const digest of batch) {
        unlinkIfThere(blobs.path(digest))
        catalog.condemned.remove(digest)
        catalog.damaged.remove(digest)
      }
      return batch.length
    })
    if (count < BATCH) return
    await letOthersIn()
  }
}

/** What manifests needed that are in no repository any more. */
async function forgetNeeds({ catalog }: StoreFiles, signal: AbortSignal | undefined): Promise<void> {
  for (let last: string | undefined = ""; last !== undefined; ) {
    signal?.throwIfAborted()
    const after: string = last
    last = await catalog.transaction(() => catalog.needs.forgetUnheld(after, NOTES))
    await letOthersIn()
  }
}

/** A server waits for the lock with all that it does: it must not find it taken again each time. */
function letOthersIn(): Promise<void> {
  return setTimeout(PAUSE)
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error
  }
}
