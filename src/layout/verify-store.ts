import { rm } from "node:fs/promises"
import { loadGraph } from "../content/graph.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import type { TransferListener } from "../content/transfer-event.ts"
import { hasCode } from "../errors/system-error.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { Digest } from "../oci/digest.ts"
import { isManifestMediaType } from "../oci/media-types.ts"
import { readIndexFile, refName } from "./index-file.ts"
import type { StoreFiles } from "./store-files.ts"

export interface VerifyStoreOptions extends OperationOptions {
  /** Manifests beside the tagged ones that must be whole, with what they are to people. */
  roots: readonly { name: string; descriptor: Descriptor }[]
  onTransfer?: TransferListener | undefined
  /** Removes the files of what is damaged, so that it counts as missing and can be pushed again. Default `false`. */
  discard?: boolean | undefined
}

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
  const { signal, onTransfer, discard = false } = options
  const needed = await findNeeded(store, options)
  const digests = [...new Set([...catalog.listHeld(), ...needed.keys()])].sort()
  const sizes = new Map<Digest, number | undefined>()
  for (const digest of digests) sizes.set(digest, await blobs.size(digest))
  const report: StoreReport = { count: 0, size: 0, damaged: [] }
  const total = [...sizes.values()].reduce<number>((sum, size) => sum + (size ?? 0), 0)
  onTransfer?.({ type: "planned", count: digests.length, bytes: total })
  for (const [digest, size = 0] of sizes) {
    signal?.throwIfAborted()
    const descriptor = { mediaType: "application/octet-stream", digest, size }
    onTransfer?.({ type: "started", descriptor })
    const problem = sizes.get(digest) === undefined ? "is missing" : await read(store, descriptor, options)
    onTransfer?.({ type: "finished", descriptor, outcome: "verified" })
    report.count++
    report.size += size
    if (problem === undefined) continue
    // Collected while this ran: then nothing needs it.
    if (!catalog.isHeld(digest) && !needed.has(digest)) continue
    if (discard) await rm(blobs.path(digest), { force: true })
    report.damaged.push({ digest, problem, neededBy: [...(needed.get(digest) ?? [])] })
  }
  return report
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
    if (hasCode(error, "DIGEST_MISMATCH")) return "is damaged: its bytes have another digest"
    return `cannot be read: ${(error as Error).message}`
  }
}

/** What tags and roots need, and which of them does. A manifest that cannot be read needs itself at least. */
async function findNeeded(
  store: StoreFiles,
  { roots, signal }: VerifyStoreOptions,
): Promise<Map<Digest, Set<string>>> {
  const { manifests } = await readIndexFile(store.root)
  const tagged = manifests
    .filter(({ mediaType }) => isManifestMediaType(mediaType))
    .map((descriptor) => ({ name: refName(descriptor) ?? descriptor.digest, descriptor }))
  const needed = new Map<Digest, Set<string>>()
  for (const { name, descriptor } of [...roots, ...tagged]) {
    const graph = await loadGraph(store.blobs, descriptor, { signal }).catch(() => {
      signal?.throwIfAborted()
      return undefined
    })
    const all = graph
      ? [...graph.indexes, ...graph.manifests, ...graph.configs, ...graph.layers]
      : [descriptor]
    for (const { digest } of all) needed.set(digest, (needed.get(digest) ?? new Set()).add(name))
  }
  return needed
}
