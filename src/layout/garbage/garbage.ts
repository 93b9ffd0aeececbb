import { stat, statfs } from "node:fs/promises"
import { join } from "node:path"
import type { OperationOptions } from "../../content/interfaces.ts"
import { withProcessLock } from "../../content/process-lock.ts"
import { descriptorSchema } from "../../oci/descriptor.ts"
import type { Digest } from "../../oci/digest.ts"
import type { Catalog } from "../catalog/catalog.ts"
import { refName } from "../index-file/index-file.ts"
import { LayoutError } from "../layout-error.ts"
import type { StoreFiles } from "../store-files.ts"
import { findNeeded, type Root } from "./needed-by-roots.ts"
import { findOrphans } from "./orphans.ts"
import { collectUploads } from "./stale-uploads.ts"
import { sweep } from "./sweep.ts"

/** How long content that nothing needs yet can wait for what will, while its repository is being pushed to. */
const LONGEST_PUSH = 24 * 60 * 60 * 1000
/** An upload that got no byte for so long is given up. In milliseconds, as all here. */
const UPLOAD_LIFETIME = 24 * 60 * 60 * 1000
/** What SQLite writes at the least beside the pages of the catalog, in bytes. */
const SMALLEST_JOURNAL = 1024 * 1024

/** What is held for no repository in particular. No repository is called so. */
const NO_REPOSITORY = ""

export interface GarbageOptions extends OperationOptions {
  /** What others than the tags need; asked for once it is clear that whatever is recorded from then on is kept. */
  findRoots: () => Promise<readonly Root[]>
  /** Whether what a repository belonged to is gone: then its removal, which a kill cut off, is finished. Default: never. */
  isGone?: ((repository: string) => Promise<boolean>) | undefined
  /** What was pushed to a repository for at most so long ago stays, in milliseconds: a push may still be under way. */
  grace: number
  /** Finds out what would go, and removes nothing. */
  dryRun?: boolean | undefined
}

export interface Garbage {
  /** Content that nothing needs. Sizes are in bytes. */
  removed: { digest: Digest; size: number }[]
  /** Uploads that nobody goes on with, and what killed imports left. */
  uploads: { id: string; size: number }[]
  /** What nothing needs either, but was pushed lately. */
  kept: { count: number; size: number }
  /** Roots that are not whole: what they need cannot all be known, and what is there of it stays. */
  damaged: { name: string; problem: string }[]
}

/** Frees what no tag, no root, no lease and no push under way needs, while others read and write. */
export function collectGarbage(store: StoreFiles, options: GarbageOptions): Promise<Garbage> {
  const { signal } = options
  return withProcessLock(store.lock, { ...store.patience, signal }, async () => {
    await requireSpace(store)
    await store.tags.refresh()
    await using _ = await store.leases.beginCollection()
    if (!options.dryRun) await finishRemovals(store, options)
    return await collect(store, options)
  })
}

async function finishRemovals(
  { catalog, leases, tags }: StoreFiles,
  { isGone = async () => false }: GarbageOptions,
): Promise<void> {
  for (const repository of leases.listUnfinishedRemovals()) {
    const wasRemoved = await isGone(repository)
    await tags.change(() => {
      if (wasRemoved) catalog.removeRepository(repository)
      leases.forgetRemoval(repository)
    })
  }
}

/** Takes away the tags of what was removed, where a kill or a full disk came between. */
async function finishUntagging({ tags }: StoreFiles, roots: readonly Root[]): Promise<void> {
  for (const { repository, root } of tags.listDepartingRoots()) {
    const isNeeded = roots.some(
      ({ repository: name, descriptor }) => name === repository && descriptor.digest === root,
    )
    if (!isNeeded) await tags.change(() => tags.finishRemoval(repository, root))
  }
}

async function collect(store: StoreFiles, options: GarbageOptions): Promise<Garbage> {
  const { catalog, now } = store
  const { dryRun = false, grace, signal } = options
  const needing = await options.findRoots()
  if (!dryRun) await finishUntagging(store, needing)
  const roots = [...needing, ...foreignRoots(catalog)]
  const { needed, damaged } = await findNeeded(store, roots, signal)
  const staying = [
    ...roots.map(({ repository, descriptor: { digest } }) => ({ repository, digest })),
    ...Array.from(needed, (digest) => ({ repository: NO_REPOSITORY, digest })),
  ]
  const unneeded = catalog.unneeded()
  const look = (atMost: number, heedLeases: boolean) => {
    const pushedSince = now() - atMost
    const claimedSince = Math.min(pushedSince, now() - LONGEST_PUSH)
    unneeded.note({ roots: staying, pushedSince, claimedSince, heedLeases })
    return unneeded.find()
  }
  // Both are seen as they are at one moment, and only what goes is taken while nobody else may write.
  const { condemned: all } = await catalog.read(() => look(-1, false))
  const { condemned, unheld } = await (dryRun
    ? catalog.read(() => look(grace, true))
    : catalog.transaction(() => {
        const going = look(grace, true)
        unneeded.condemn(going)
        return going
      }))
  const found = (await findOrphans(store)).filter(({ digest }) => !unheld.has(digest))
  const orphans = found.filter(({ mtimeMs }) => mtimeMs <= now() - grace).map(({ digest }) => digest)
  const removed = await sized(store, [...condemned, ...orphans])
  const total = await sized(store, [...all, ...found.map(({ digest }) => digest)])
  if (!dryRun) await sweep(store, orphans, signal)
  const uploads = await collectUploads(store, now() - Math.max(grace, UPLOAD_LIFETIME), dryRun)
  return {
    removed,
    uploads,
    kept: { count: total.length - removed.length, size: sum(total) - sum(removed) },
    damaged,
  }
}

/** What other tools have written into `index.json` that is nobody's tag. */
function foreignRoots(catalog: Catalog): Root[] {
  return catalog.index.listOthers().map((entry) => {
    const descriptor = descriptorSchema.parse(JSON.parse(entry))
    return { name: refName(descriptor) ?? descriptor.digest, repository: NO_REPOSITORY, descriptor }
  })
}

/** SQLite notes each page that changes before it changes it. Throws `NO_SPACE` where there is no room for all of them. */
async function requireSpace({ root }: StoreFiles): Promise<void> {
  const { size } = await stat(join(root, "catalog.sqlite"))
  const needed = 2 * size + SMALLEST_JOURNAL
  const { bavail, bsize } = await statfs(root)
  if (bavail * bsize >= needed) return
  throw new LayoutError(
    "NO_SPACE",
    `collecting garbage needs ${needed} bytes free on the disk of ${root} for a while; ${bavail * bsize} are free`,
    { hint: "free that much by other means, then run it again" },
  )
}

async function sized({ blobs }: StoreFiles, digests: readonly Digest[]): Promise<Garbage["removed"]> {
  const found: Garbage["removed"] = []
  for (const digest of new Set(digests)) {
    const size = await blobs.size(digest)
    if (size !== undefined) found.push({ digest, size })
  }
  return found
}

function sum(some: readonly { size: number }[]): number {
  return some.reduce((total, { size }) => total + size, 0)
}
