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
import { Unneeded } from "./unneeded.ts"

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
  const { needed, damaged } = await walk(store, roots, signal)
  const unneeded = new Unneeded(catalog)
  const note = (atMost: number, heedLeases: boolean) => {
    const since = now() - atMost
    const claimedSince = Math.min(since, now() - LONGEST_PUSH)
    const rootsOf = roots.map(({ repository, descriptor: { digest } }) => ({ repository, digest }))
    unneeded.note({
      roots: [...rootsOf, ...Array.from(needed, (digest) => ({ repository: NO_REPOSITORY, digest }))],
      pushedSince: since,
      claimedSince,
      heedLeases,
    })
    return unneeded.find()
  }
  // Both are seen as they are at one moment, and only what goes is taken while nobody else may write.
  const { condemned: all } = await catalog.read(() => note(-1, false))
  const { condemned, unheld } = await (dryRun
    ? catalog.read(() => note(grace, true))
    : catalog.transaction(() => {
        const found = note(grace, true)
        unneeded.condemn(found)
        return found
      }))
  const found = (await findOrphans(store)).filter(({ digest }) => !unheld.has(digest))
  const orphans = found.filter(({ mtimeMs }) => mtimeMs <= now() - grace).map(({ digest }) => digest)
  const removed = await sized(store, [...condemned, ...orphans])
  const total = await sized(store, [...all, ...found.map(({ digest }) => digest)])
  if (!dryRun) {
    await condemnOrphans(catalog, orphans, signal)
    await sweep(store, signal)
    await forgetEdges(catalog, signal)
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

/** What manifests needed that are in no repository any more. */
async function forgetEdges(catalog: Catalog, signal: AbortSignal | undefined): Promise<void> {
  for (let last: string | undefined = ""; last !== undefined; ) {
    signal?.throwIfAborted()
    const after: string = last
    last = await catalog.transaction(() => catalog.forgetEdges(after, NOTES))
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
