import { unlinkSync } from "node:fs"
import { readdir, rm, stat, statfs } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { ContentError } from "../content/content-error.ts"
import { loadGraph } from "../content/graph.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import { withProcessLock } from "../content/process-lock.ts"
import { readDocument } from "../content/read-document.ts"
import { hasCode } from "../errors/system-error.ts"
import { type Descriptor, descriptorSchema } from "../oci/descriptor.ts"
import { type Digest, isDigest } from "../oci/digest.ts"
import { parseManifest, successors } from "../oci/manifest.ts"
import { isManifestMediaType } from "../oci/media-types.ts"
import { OciError } from "../oci/oci-error.ts"
import type { BlobFiles } from "./blob-files.ts"
import type { Catalog } from "./catalog.ts"
import { refName } from "./index-file.ts"
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
/** Between transactions: whoever waits asks again within that time, and gets its turn. */
const PAUSE = 25
/** What SQLite writes at the least beside the pages of the catalog, in bytes. */
const SMALLEST_JOURNAL = 1024 * 1024

/** What is held for no repository in particular. No repository is called so. */
const NO_REPOSITORY = ""

/** Content that stays: of a manifest, all that it needs and all that refers to it. */
export interface Root {
  /** What it is to people. */
  name: string
  repository: string
  descriptor: Descriptor
}

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

async function collect(store: StoreFiles, options: GarbageOptions): Promise<Garbage> {
  const { catalog, now } = store
  const { dryRun = false, grace, signal } = options
  const roots = [...(await options.findRoots()), ...foreignRoots(catalog)]
  const { needed, damaged } = await walk(store, roots, signal)
  const condemn = (atMost: number, heedLeases: boolean) => {
    const since = now() - atMost
    fillRoots(catalog, roots, needed)
    return condemnUnneeded(catalog, {
      pushedSince: since,
      claimedSince: Math.min(since, now() - LONGEST_PUSH),
      heedLeases,
    })
  }
  const { condemned: all } = await catalog.rehearsal(() => condemn(-1, false))
  await letOthersIn()
  const take = () => condemn(grace, true)
  const { condemned, unheld } = await (dryRun ? catalog.rehearsal(take) : catalog.transaction(take))
  const found = (await findOrphans(store)).filter(({ digest }) => !unheld.has(digest))
  const orphans = found.filter(({ mtimeMs }) => mtimeMs <= now() - grace).map(({ digest }) => digest)
  const removed = await sized(store, [...condemned, ...orphans])
  const total = await sized(store, [...all, ...found.map(({ digest }) => digest)])
  if (!dryRun) {
    await condemnOrphans(catalog, orphans, signal)
    await sweep(store, signal)
  }
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
  return catalog.listOthers().map((entry) => {
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

/**
 * Finds what roots need that the catalog does not tell of, as it does not for a release that was recorded by its digest
 * alone. Such content stays; no repository gets it by that.
 */
async function walk(
  { blobs, catalog }: StoreFiles,
  roots: readonly Root[],
  signal: AbortSignal | undefined,
): Promise<{ needed: Set<Digest>; damaged: Garbage["damaged"] }> {
  const needed = new Set<Digest>()
  const damaged: Garbage["damaged"] = []
  for (const { name, repository, descriptor } of roots) {
    signal?.throwIfAborted()
    needed.add(descriptor.digest)
    const isKnown = catalog.findManifest(repository, descriptor.digest) !== undefined
    // What it needs is in the catalog, whatever has become of the files.
    const lost = isKnown ? await findLost({ blobs, catalog }, descriptor.digest) : undefined
    if (lost !== undefined) damaged.push({ name, problem: `${lost} is missing` })
    if (isKnown || !isManifestMediaType(descriptor.mediaType)) continue
    try {
      const graph = await loadGraph(blobs, descriptor, { signal })
      for (const { digest } of [...graph.indexes, ...graph.manifests, ...graph.configs, ...graph.layers]) {
        needed.add(digest)
      }
    } catch (error) {
      if (!(error instanceof ContentError) && !(error instanceof OciError)) throw error
      damaged.push({ name, problem: error.message })
      for (const digest of await readable(blobs, descriptor, signal)) needed.add(digest)
    }
  }
  return { needed, damaged }
}

/** Of a root and the manifests in it one whose file is gone. */
async function findLost(
  { blobs, catalog }: Pick<StoreFiles, "blobs" | "catalog">,
  root: Digest,
): Promise<Digest | undefined> {
  for (const digest of catalog.listDocuments(root)) {
    if ((await blobs.size(digest)) === undefined) return digest
  }
  return undefined
}

/** What can be found out of what a damaged graph needs. */
async function readable(
  blobs: BlobFiles,
  root: Descriptor,
  signal: AbortSignal | undefined,
): Promise<Set<Digest>> {
  const found = new Map([[root.digest, root]])
  // Those that are added meanwhile come as well.
  for (const descriptor of found.values()) {
    if (!isManifestMediaType(descriptor.mediaType)) continue
    try {
      const bytes = await readDocument(blobs, descriptor, { signal })
      for (const child of successors(parseManifest(bytes, descriptor.mediaType, descriptor.digest))) {
        if (!found.has(child.digest)) found.set(child.digest, child)
      }
    } catch (error) {
      if (!(error instanceof ContentError) && !(error instanceof OciError)) throw error
    }
  }
  return new Set(found.keys())
}

/** In a transaction. */
function fillRoots(catalog: Catalog, roots: readonly Root[], needed: ReadonlySet<Digest>): void {
  catalog.exec("create temp table if not exists roots (repository text, digest text); delete from roots")
  const insert = "insert into roots (repository, digest) values (?, ?)"
  for (const { repository, descriptor } of roots) catalog.run(insert, repository, descriptor.digest)
  for (const digest of needed) catalog.run(insert, NO_REPOSITORY, digest)
}

interface Since {
  /** Of a repository. */
  pushedSince: number
  /** Of content in it. */
  claimedSince: number
  heedLeases: boolean
}

/**
 * Takes from all repositories what nothing needs there. Gives what is then in none, and what is needed though it is in
 * none: that stays in the store, and no repository gets it by that.
 */
function condemnUnneeded(
  catalog: Catalog,
  { pushedSince, claimedSince, heedLeases }: Since,
): { condemned: Digest[]; unheld: Set<Digest> } {
  catalog.exec(
    "create temp table if not exists live (repository text, digest text, primary key (repository, digest))",
  )
  catalog.exec("delete from live")
  const isFresh = (table: string) =>
    `(${table}.claimed_at > ? and ${table}.repository in (select name from repositories where pushed_at > ?)
      or ? and exists (
        select 1 from leases where leases.kind = 'push' and leases.repository = ${table}.repository
          and ${table}.claimed_at >= leases.since
      ))`
  const freshness = [claimedSince, pushedSince, Number(heedLeases)]
  catalog.run(
    `insert into live
     with recursive needed (repository, digest) as (
       select repository, digest from roots
       union select repository, digest from tags
       union select repository, lease_digests.digest from leases
         join lease_digests on lease_digests.lease = leases.id where leases.kind = 'recording' and ?
       union select repository, digest from manifests where ${isFresh("manifests")}
       union select needed.repository, edges.child from needed join edges on edges.parent = needed.digest
       union select needed.repository, manifests.digest from needed
         join manifests on manifests.repository = needed.repository and manifests.subject = needed.digest
     )
     select repository, digest from needed`,
    Number(heedLeases),
    ...freshness,
  )
  const isUnneeded = "(repository, digest) not in (select repository, digest from live)"
  const gone = [
    ...catalog.all<{ digest: Digest }>(`delete from manifests where ${isUnneeded} returning digest`),
    ...catalog.all<{ digest: Digest }>(
      `delete from blobs where ${isUnneeded} and not ${isFresh("blobs")} returning digest`,
      ...freshness,
    ),
  ]
  catalog.run("delete from edges where parent not in (select digest from manifests)")
  for (const { digest } of gone) if (!catalog.isHeld(digest)) catalog.condemn(digest)
  // With those that a run before this one did not come to, and without what is needed though it is in no repository.
  catalog.run("delete from condemned where digest in (select digest from live)")
  const digests = (sql: string) => catalog.all<{ digest: Digest }>(sql).map(({ digest }) => digest)
  return {
    condemned: digests("select digest from condemned"),
    unheld: new Set(
      digests(
        `select distinct digest from live
         where digest not in (select digest from blobs) and digest not in (select digest from manifests)`,
      ),
    ),
  }
}

/** Blobs that are in no repository, with the times when they were written, in milliseconds since 1970. */
async function findOrphans({ root, catalog }: StoreFiles): Promise<{ digest: Digest; mtimeMs: number }[]> {
  const orphans: { digest: Digest; mtimeMs: number }[] = []
  for (const algorithm of await namesIn(join(root, "blobs"))) {
    for (const hex of await namesIn(join(root, "blobs", algorithm))) {
      const digest = `${algorithm}:${hex}`
      if (!isDigest(digest) || catalog.isHeld(digest) || catalog.isCondemned(digest)) continue
      const found = await stat(join(root, "blobs", algorithm, hex)).catch(() => undefined)
      if (found?.isFile()) orphans.push({ digest, mtimeMs: found.mtimeMs })
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
    await catalog.transaction(() => {
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
    const count = await catalog.transaction(() => {
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
  { root, catalog, ingest }: StoreFiles,
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
    await catalog.transaction(() => catalog.removeUpload(id))
    await rm(join(folder, id), { force: true })
  }
  for (const { name, size } of await ingest.findLeftovers()) {
    stale.push({ id: name, size })
    if (!dryRun) await ingest.removeLeftover(name)
  }
  // A kill between the file and its row left a row that nobody goes on with either.
  if (!dryRun) await catalog.transaction(() => catalog.forgetUploads(before))
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
