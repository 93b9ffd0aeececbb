import { unlinkSync } from "node:fs"
import { readdir, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { loadGraph } from "../content/graph.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import { hasCode } from "../errors/system-error.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { type Digest, isDigest } from "../oci/digest.ts"
import { isManifestMediaType } from "../oci/media-types.ts"
import { isRepository } from "../oci/reference.ts"
import { adoptGraph } from "./adopt.ts"
import type { Catalog } from "./catalog.ts"
import { readIndexFile, refName } from "./index-file.ts"
import { LayoutError } from "./layout-error.ts"
import type { StoreFiles } from "./store-files.ts"

/** How long content that nothing needs yet can wait for what will, while its repository is being pushed to. */
const LONGEST_PUSH = 24 * 60 * 60 * 1000
/** An upload that got no byte for so long is given up. In milliseconds, as all here. */
const UPLOAD_LIFETIME = 24 * 60 * 60 * 1000
/** Files that go in one transaction, for which pushes wait. */
const BATCH = 16

/** Of what has a name in `index.json` that is none of a repository's tags. No repository is called so. */
const NO_REPOSITORY = ""

/** A manifest that stays, with all that it needs and all that refers to it. */
export interface Root {
  repository: string
  descriptor: Descriptor
}

export interface GarbageOptions extends OperationOptions {
  /** What others than the tags need. */
  roots: readonly Root[]
  /** What was pushed to a repository for at most so long ago stays, in milliseconds: a push may still be under way. */
  grace: number
  /** Finds out what would go, and removes nothing. */
  dryRun?: boolean | undefined
}

export interface Garbage {
  /** Content that nothing needs. Sizes are in bytes. */
  removed: { digest: Digest; size: number }[]
  /** Uploads that nobody goes on with. */
  uploads: { id: string; size: number }[]
  /** What nothing needs either, but was pushed lately. */
  kept: { count: number; size: number }
}

/**
 * Frees what no tag, no root and no push under way needs, while others read and write. Throws what reading a manifest
 * throws that has a name: what it needs cannot be known then, and nothing is removed.
 */
export async function collectGarbage(store: StoreFiles, options: GarbageOptions): Promise<Garbage> {
  const { catalog, tags, now } = store
  const { dryRun = false, grace, signal } = options
  const condemn = (atMost: number) => {
    const since = now() - atMost
    return condemnUnneeded(catalog, {
      pushedSince: since,
      claimedSince: Math.min(since, now() - LONGEST_PUSH),
    })
  }
  const { condemned, all } = await tags.whileLocked(async () => {
    const roots = await findRoots(store, options)
    await adopt(store, roots, signal)
    const setRoots = () => {
      catalog.exec("create temp table if not exists roots (repository text, digest text); delete from roots")
      for (const { repository, descriptor } of roots) {
        catalog.run("insert into roots (repository, digest) values (?, ?)", repository, descriptor.digest)
      }
    }
    setRoots()
    const everything = catalog.rehearsal(() => condemn(-1))
    return {
      condemned: dryRun ? catalog.rehearsal(() => condemn(grace)) : catalog.transaction(() => condemn(grace)),
      all: everything,
    }
  }, signal)
  const orphans = await findOrphans(store, now() - grace)
  const removed = await sized(store, [...condemned, ...orphans])
  const total = await sized(store, [...all, ...orphans])
  if (!dryRun) {
    for (const digest of orphans) catalog.transaction(() => condemnOrphan(catalog, digest))
    await sweep(store, signal)
  }
  const uploads = await collectUploads(store, now() - Math.max(grace, UPLOAD_LIFETIME), dryRun)
  return {
    removed,
    uploads,
    kept: { count: total.length - removed.length, size: sum(total) - sum(removed) },
  }
}

async function findRoots({ root }: StoreFiles, { roots }: GarbageOptions): Promise<Root[]> {
  const { manifests } = await readIndexFile(root)
  const tagged = manifests
    .filter(({ mediaType }) => isManifestMediaType(mediaType))
    .map((descriptor) => ({ repository: repositoryOf(refName(descriptor)), descriptor }))
  return [...tagged, ...roots]
}

function repositoryOf(name: string | undefined): string {
  const repository = name?.slice(0, Math.max(0, name.lastIndexOf(":"))) ?? ""
  return isRepository(repository) ? repository : NO_REPOSITORY
}

/** Takes in what the catalog does not know: of other tools, and of a Waybill that kept none. */
async function adopt(
  store: StoreFiles,
  roots: readonly Root[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const { repository, descriptor } of roots) {
    if (store.catalog.findManifest(repository, descriptor.digest) !== undefined) continue
    signal?.throwIfAborted()
    try {
      adoptGraph(store, repository, await loadGraph(store.blobs, descriptor, { signal }))
    } catch (cause) {
      signal?.throwIfAborted()
      throw new LayoutError(
        "STORE_DAMAGED",
        `what ${descriptor.digest}${repository && ` of ${repository}`} needs cannot be found out: ${(cause as Error).message}`,
        { hint: "waybill store verify says what is damaged; nothing was removed", cause },
      )
    }
  }
}

interface Since {
  /** Of a repository. */
  pushedSince: number
  /** Of content in it. */
  claimedSince: number
}

/** Takes from all repositories what nothing needs, and gives what is then in none. */
function condemnUnneeded(catalog: Catalog, { pushedSince, claimedSince }: Since): Digest[] {
  catalog.exec(
    "create temp table if not exists live (repository text, digest text, primary key (repository, digest))",
  )
  catalog.exec("delete from live")
  const isFresh = "claimed_at > ? and repository in (select name from repositories where pushed_at > ?)"
  catalog.run(
    `insert into live
     with recursive needed (repository, digest) as (
       select repository, digest from roots
       union select repository, digest from manifests where ${isFresh}
       union select needed.repository, edges.child from needed join edges on edges.parent = needed.digest
       union select needed.repository, manifests.digest from needed
         join manifests on manifests.repository = needed.repository and manifests.subject = needed.digest
     )
     select repository, digest from needed`,
    claimedSince,
    pushedSince,
  )
  const isUnneeded = "(repository, digest) not in (select repository, digest from live)"
  const gone = [
    ...catalog.all<{ digest: Digest }>(`delete from manifests where ${isUnneeded} returning digest`),
    ...catalog.all<{ digest: Digest }>(
      `delete from blobs where ${isUnneeded} and not (${isFresh}) returning digest`,
      claimedSince,
      pushedSince,
    ),
  ]
  catalog.run("delete from edges where parent not in (select digest from manifests)")
  const condemned = [...new Set(gone.map(({ digest }) => digest))].filter((digest) => !catalog.isHeld(digest))
  for (const digest of condemned) catalog.condemn(digest)
  // Those that a run before this one did not come to.
  return catalog.all<{ digest: Digest }>("select digest from condemned").map(({ digest }) => digest)
}

/** Blobs that are in no repository, and were not written lately. */
async function findOrphans({ root, catalog }: StoreFiles, before: number): Promise<Digest[]> {
  const orphans: Digest[] = []
  for (const algorithm of await namesIn(join(root, "blobs"))) {
    for (const hex of await namesIn(join(root, "blobs", algorithm))) {
      const digest = `${algorithm}:${hex}`
      if (!isDigest(digest) || catalog.isHeld(digest) || catalog.isCondemned(digest)) continue
      const found = await stat(join(root, "blobs", algorithm, hex)).catch(() => undefined)
      if (found?.isFile() && found.mtimeMs <= before) orphans.push(digest)
    }
  }
  return orphans
}

function condemnOrphan(catalog: Catalog, digest: Digest): void {
  if (!catalog.isHeld(digest)) catalog.condemn(digest)
}

/** Removes the files of what is condemned. A push that came between has taken it from there. */
async function sweep({ blobs, catalog }: StoreFiles, signal: AbortSignal | undefined): Promise<void> {
  for (;;) {
    signal?.throwIfAborted()
    const count = catalog.transaction(() => {
      const batch = catalog.all<{ digest: Digest }>("select digest from condemned limit ?", BATCH)
      for (const { digest } of batch) {
        unlinkIfThere(blobs.path(digest))
        catalog.pardon(digest)
      }
      return batch.length
    })
    if (count === 0) return
    // Others take their turn.
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error
  }
}

async function collectUploads(
  { root, catalog }: StoreFiles,
  before: number,
  dryRun: boolean,
): Promise<Garbage["uploads"]> {
  const folder = join(root, "uploads")
  const stale: Garbage["uploads"] = []
  for (const id of await namesIn(folder)) {
    const found = await stat(join(folder, id)).catch(() => undefined)
    if (found === undefined || found.mtimeMs > before || catalog.isUploadTouchedSince(id, before)) continue
    stale.push({ id, size: found.size })
    if (dryRun) continue
    catalog.transaction(() => catalog.removeUpload(id))
    await rm(join(folder, id), { force: true })
  }
  return stale
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return []
    throw error
  }
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
