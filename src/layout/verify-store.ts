import type { OperationOptions } from "../content/interfaces.ts"
import { readDocument } from "../content/read-document.ts"
import type { TransferListener } from "../content/transfer-event.ts"
import { reasonOf } from "../errors/reason.ts"
import { hasCode } from "../errors/system-error.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { Digest } from "../oci/digest.ts"
import { parseManifest, successors } from "../oci/manifest.ts"
import { isForeignLayer, isManifestMediaType } from "../oci/media-types.ts"
import type { StoreFiles } from "./store-files.ts"

export interface VerifyStoreOptions extends OperationOptions {
  /** Manifests beside the tagged ones that must be whole, with what they are to people. */
  roots: readonly { name: string; descriptor: Descriptor }[]
  onTransfer?: TransferListener | undefined
}

const DAMAGED = "is damaged: its bytes have another digest"

/** Content that is not as its digest says. */
export interface DamagedContent {
  digest: Digest
  /** What is wrong, in words. */
  problem: string
  /** Releases and tags that need it. */
  neededBy: string[]
}

export interface StoreReport {
  /** Blobs and manifests that were read. */
  count: number
  /** In bytes. */
  size: number
  damaged: DamagedContent[]
}

/** Reads every byte of a content store, and everything that tags and roots need. Damage is reported, not thrown. */
export async function verifyStore(store: StoreFiles, options: VerifyStoreOptions): Promise<StoreReport> {
  const { blobs, catalog } = store
  const { signal, onTransfer } = options
  const needed = await findNeeded(store, options)
  const held = new Set(catalog.content.listHeld())
  const digests = [...new Set([...held, ...needed.keys()])].sort()
  const sizes = new Map<Digest, number | undefined>()
  for (const digest of digests) sizes.set(digest, await blobs.size(digest))
  const report: StoreReport = { count: 0, size: 0, damaged: [] }
  const total = [...sizes.values()].reduce<number>((sum, size) => sum + (size ?? 0), 0)
  onTransfer?.({ type: "planned", count: digests.length, bytes: total })
  for (const [digest, size = 0] of sizes) {
    signal?.throwIfAborted()
    const descriptor = { mediaType: "application/octet-stream", digest, size }
    onTransfer?.({ type: "started", descriptor })
    const problem = sizes.get(digest) === undefined ? "is missing" : await check(store, descriptor, options)
    onTransfer?.({ type: "finished", descriptor, outcome: "verified" })
    report.count++
    report.size += size
    if (problem === undefined) continue
    // Collected while this ran: then nothing needs it any more.
    if (held.has(digest) && !catalog.content.isHeld(digest)) continue
    report.damaged.push({ digest, problem, neededBy: [...(needed.get(digest) ?? [])] })
  }
  return report
}

/** Notes what is damaged, so that it is taken again from whoever pushes it, and what is not any more. */
async function check(
  store: StoreFiles,
  descriptor: Descriptor,
  options: VerifyStoreOptions,
): Promise<string | undefined> {
  const { blobs, catalog } = store
  const { digest } = descriptor
  for (;;) {
    const version = blobs.version(digest)
    const problem = await read(store, descriptor, options)
    if (problem !== undefined && problem !== DAMAGED) return problem
    if ((problem === DAMAGED) === catalog.damaged.has(digest)) return problem
    const isNoted = await catalog.transaction(() => {
      // It may have been replaced since.
      if (blobs.version(digest) !== version) return false
      if (problem === DAMAGED) catalog.damaged.add(digest)
      else catalog.damaged.remove(digest)
      return true
    })
    if (isNoted) return problem
  }
}

async function read(
  { blobs }: StoreFiles,
  descriptor: Descriptor,
  { signal, onTransfer }: VerifyStoreOptions,
): Promise<string | undefined> {
  try {
    let position = 0
    for await (const chunk of blobs.fetch(descriptor, { signal, reuseChunks: true })) {
      position += chunk.length
      onTransfer?.({ type: "advanced", descriptor, position })
    }
    return undefined
  } catch (error) {
    signal?.throwIfAborted()
    if (hasCode(error, "DIGEST_MISMATCH")) return DAMAGED
    return `cannot be read: ${reasonOf(error)}`
  }
}

/** What tags and roots need, and which of them does. */
async function findNeeded(
  store: StoreFiles,
  { roots, signal }: VerifyStoreOptions,
): Promise<Map<Digest, Set<string>>> {
  await store.tags.refresh()
  const tagged = store.tags.listAll()
  const needed = new Map<Digest, Set<string>>()
  for (const { name, descriptor } of [...roots, ...tagged]) {
    const found = new Map<Digest, Partial<Descriptor>>([[descriptor.digest, descriptor]])
    // Those that are added meanwhile come as well.
    for (const [digest, known] of found) {
      needed.set(digest, (needed.get(digest) ?? new Set()).add(name))
      for (const child of await childrenOf(store, { ...known, digest }, signal)) {
        if (!found.has(child.digest)) found.set(child.digest, child)
      }
    }
  }
  return needed
}

/** Of a manifest that cannot be read, the catalog may still know what it needs. */
async function childrenOf(
  { blobs, catalog }: StoreFiles,
  { mediaType, digest, size }: Partial<Descriptor> & { digest: Digest },
  signal: AbortSignal | undefined,
): Promise<(Partial<Descriptor> & { digest: Digest })[]> {
  if (mediaType !== undefined && !isManifestMediaType(mediaType)) return []
  if (mediaType !== undefined && size !== undefined) {
    try {
      const bytes = await readDocument(blobs, { mediaType, digest, size }, { signal })
      return successors(parseManifest(bytes, mediaType, digest)).filter(
        (child) => !isForeignLayer(child.mediaType) || blobs.isFile(child.digest),
      )
    } catch {
      signal?.throwIfAborted()
    }
  }
  return catalog.needs.childrenOf(digest).map((child) => ({ digest: child }))
}
