import { unlinkSync } from "node:fs"
import { readdir, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { loadGraph } from "../content/graph.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import { hasCode } from "../errors/system-error.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { type Digest, isDigest } from "../oci/digest.ts"
import { isManifestMediaType } from "../oci/media-types.ts"
import { isRepository } from "../oci/reference.ts"
import { type Adoption, adoptBlob, adoptionOf } from "./adopt.ts"
import type { Catalog } from "./catalog.ts"
import { readIndexFile, refName } from "./index-file.ts"
import { LayoutError } from "./layout-error.ts"
import type { StoreFiles } from "./store-files.ts"

/** How long content that nothing needs yet can wait for what will, while its repository is being pushed to. */
const LONGEST_PUSH = 24 * 60 * 60 * 1000
/** An upload that got no byte for so long is given up. In milliseconds, as all here. */
const UPLOAD_LIFETIME = 24 * 60 * 60 * 1000
/** Files that go in one transaction, for which pushes wait. */
const BATCH = 64
/** What is noted in one, without files. */
const NOTES = 1000
/** Between transactions. SQLite asks again for a lock after at most so long at first: whoever waits gets it then. */
const PAUSE = 25

/** Of what has a name in `index.json` that is none of a repository's tags. No repository is called so. */
const NO_REPOSITORY = ""

/** Content that stays: of a manifest, all that it needs and all that refers to it. */
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
  /** Uploads that nobody goes on with, and what killed imports left. */
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
  /** Needed, though the catalog did not say so: in a dry run, it will not say so later either. */
  const spared = new Set<Digest>()
  const condemn = (atMost: number) => {
    const since = now() - atMost
    return condemnUnneeded(store, {
      pushedSince: since,
      claimedSince: Math.min(since, now() - LONGEST_PUSH),
      spared,
    })
  }
  const { condemned, all } = await tags.whileLocked(async () => {
    const roots = await findRoots(store, options)
    const adoptions: Adoption[] = []
    for await (const adoption of findUnknown(store, roots, signal)) {
      if (dryRun) adoptions.push(adoption)
      else catalog.transaction(adoption.adopt)
    }
    catalog.exec("create temp table if not exists roots (repository text, digest text); delete from roots")
    for (const { repository, descriptor } of roots) {
      catalog.run("insert into roots (repository, digest) values (?, ?)", repository, descriptor.digest)
    }
    const take = (atMost: number) => {
      for (const { adopt } of adoptions) adopt()
      return condemn(atMost)
    }
    const everything = catalog.rehearsal(() => take(-1))
    await letOthersIn()
    for (const digest of adoptions.flatMap(({ digests }) => digests)) spared.add(digest)
    return {
      condemned: dryRun ? catalog.rehearsal(() => take(grace)) : catalog.transaction(() => take(grace)),
      all: everything,
    }
  }, signal)
  const orphans = (await findOrphans(store, now() - grace)).filter((digest) => !spared.has(digest))
  const removed = await sized(store, [...condemned, ...orphans])
  const total = await sized(store, [...all, ...orphans])
  if (!dryRun) {
    await condemnOrphans(catalog, orphans, signal)
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
  const tagged = manifests.map((descriptor) => ({
    repository: repositoryOf(refName(descriptor)),
    descriptor,
  }))
  return [...tagged, ...roots]
}

function repositoryOf(name: string | undefined): string {
  const repository = name?.slice(0, Math.max(0, name.lastIndexOf(":"))) ?? ""
  return isRepository(repository) ? repository : NO_REPOSITORY
}

/** Finds what the catalog does not know: of other tools, and of a Waybill that kept none. */
async function* findUnknown(
  store: StoreFiles,
  roots: readonly Root[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Adoption> {
  for (const { repository, descriptor } of roots) {
    const { digest } = descriptor
    if (!isManifestMediaType(descriptor.mediaType)) {
      if (store.catalog.hasBlob(repository, digest)) continue
      yield { digests: [digest], adopt: () => adoptBlob(store, repository, digest) }
      continue
    }
    if (store.catalog.findManifest(repository, digest) !== undefined) continue
    signal?.throwIfAborted()
    try {
      yield adoptionOf(store, repository, await loadGraph(store.blobs, descriptor, { signal }))
    } catch (cause) {
      signal?.throwIfAborted()
      throw new LayoutError(
        "STORE_DAMAGED",
        `what ${digest}${repository && ` of ${repository}`} needs cannot be found out: ${(cause as Error).message}`,
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
  /** Is told what stays besides. */
  spared: Set<Digest>
}

/** Takes from all repositories what nothing needs, and gives what is then in none. */
function condemnUnneeded(
  { blobs, catalog }: StoreFiles,
  { pushedSince, claimedSince, spared }: Since,
): Digest[] {
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
  // What is needed stays, also where no push has given it to that repository.
  const unclaimed = catalog.all<{ repository: string; digest: Digest }>(
    `select repository, digest from live
     where not exists (select 1 from blobs where repository = live.repository and digest = live.digest)
     and not exists (select 1 from manifests where repository = live.repository and digest = live.digest)`,
  )
  for (const { repository, digest } of unclaimed) {
    if (!blobs.isFile(digest)) continue
    spared.add(digest)
    catalog.run("insert into blobs (repository, digest, claimed_at) values (?, ?, 0)", repository, digest)
    catalog.pardon(digest)
  }
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

async function condemnOrphans(
  catalog: Catalog,
  orphans: readonly Digest[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let at = 0; at < orphans.length; at += NOTES) {
    signal?.throwIfAborted()
    catalog.transaction(() => {
      for (const digest of orphans.slice(at, at + NOTES)) {
        if (!catalog.isHeld(digest)) catalog.condemn(digest)
      }
    })
    await letOthersIn()
  }
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
        catalog.forgetDamage(digest)
      }
      return batch.length
    })
    if (count < BATCH) return
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

async function collectUploads(
  { root, catalog, ingest, now }: StoreFiles,
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
  for (const { name, size } of await ingest.findLeftovers(now())) {
    stale.push({ id: name, size })
    if (!dryRun) await ingest.removeLeftover(name)
  }
  // A kill between the file and its row left a row that nobody goes on with either.
  if (!dryRun) catalog.transaction(() => catalog.forgetUploads(before))
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
