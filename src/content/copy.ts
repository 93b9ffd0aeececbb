import { WaybillError } from "../errors/waybill-error.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { Digest } from "../oci/digest.ts"
import { successors } from "../oci/manifest.ts"
import { forEachConcurrent } from "./concurrency.ts"
import { ContentError } from "./content-error.ts"
import type { Graph, GraphDocument } from "./graph.ts"
import {
  type ContentBody,
  type ContentFetcher,
  type ContentTarget,
  isKeeper,
  type OperationOptions,
} from "./interfaces.ts"
import { bodyOf } from "./read-document.ts"
import { observed, type TransferListener, type TransferOutcome } from "./transfer-event.ts"

export interface CopyOptions extends OperationOptions {
  /** Blobs under way at once. Default 4. */
  concurrency?: number | undefined
  onTransfer?: TransferListener | undefined
  /** Names a repository of the target's registry that holds the blob, to mount it from; `null` lets the registry find one. */
  mountFrom?:
    | ((blob: Descriptor, options: OperationOptions) => Promise<string | null | undefined>)
    | undefined
  /** Is asked to check a blob that is not read, since the target has it. `onProgress` hears how many bytes of it are read. */
  checkUnsent?:
    | ((
        blob: Descriptor,
        options: OperationOptions & { onProgress: (position: number) => void },
      ) => Promise<void>)
    | undefined
}

export const DEFAULT_CONCURRENCY = 4

/** Questions whether content is there. */
const ASKED_AT_ONCE = 8

/**
 * Copies a graph: blobs concurrently, then manifests, each after what it refers to, so that a break at any moment
 * leaves no manifest without its content. What the target has is not sent. A manifest that was there before proves
 * nothing of what it needs: that is asked for all the same, and sent where it is missing.
 */
export async function copyGraph(
  source: ContentFetcher,
  graph: Graph,
  target: ContentTarget,
  options: CopyOptions = {},
): Promise<void> {
  const blobs = [...graph.configs, ...graph.layers]
  options.onTransfer?.({ type: "planned", count: blobs.length, bytes: sumOfSizes(blobs) })
  const present = await findPresent(graph, target, options)
  const proven = new Set(blobsOf(graph.documentsChildrenFirst().filter((document) => !present.has(document))))
  const copyAll = (some: readonly Descriptor[]) =>
    forEachConcurrent(some, options.concurrency ?? DEFAULT_CONCURRENCY, options.signal, (blob, signal) =>
      copyBlob(blob, bodyFrom(source, blob, signal), target, { ...options, signal }),
    )
  await copyAll(blobs.filter(({ digest }) => proven.has(digest)))
  await pushAbsent(source, graph, target, present, options)
  await copyAll(blobs.filter(({ digest }) => !proven.has(digest)))
}

/** The manifests of a graph that the target has. */
async function findPresent(
  graph: Graph,
  target: ContentTarget,
  options: CopyOptions,
): Promise<Set<GraphDocument>> {
  const present = new Set<GraphDocument>()
  const documents = graph.documentsChildrenFirst()
  await forEachConcurrent(documents, ASKED_AT_ONCE, options.signal, async (document, signal) => {
    if (await isThere(target, document.descriptor, { signal })) present.add(document)
  })
  return present
}

/** Blobs of a graph that a target lacks, in the order of the graph. What it has, the caller relies on from then on. */
export async function findAbsentBlobs(
  graph: Graph,
  target: ContentTarget,
  options: Pick<CopyOptions, "signal" | "mountFrom"> = {},
): Promise<Descriptor[]> {
  const blobs = [...graph.configs, ...graph.layers]
  const absent = new Set<Descriptor>()
  await forEachConcurrent(blobs, ASKED_AT_ONCE, options.signal, async (blob, signal) => {
    if (await isThere(target, blob, { signal })) return
    const from = target.mount ? await options.mountFrom?.(blob, { signal }) : undefined
    if (from === undefined || !(await target.mount?.(blob, from, { signal }))) absent.add(blob)
  })
  return blobs.filter((blob) => absent.has(blob))
}

/** Digests of the configs and layers that image manifests name. */
function blobsOf(documents: readonly GraphDocument[]): Digest[] {
  return documents.flatMap(({ manifest }) =>
    manifest.kind === "index" ? [] : successors(manifest).map(({ digest }) => digest),
  )
}

/** Of all together, in bytes. */
export function sumOfSizes(contents: readonly { size: number }[]): number {
  return contents.reduce((sum, { size }) => sum + size, 0)
}

/** Copies one blob, unless the target has it or can mount it. */
export async function copyBlob(
  blob: Descriptor,
  body: ContentBody,
  target: ContentTarget,
  options: CopyOptions,
): Promise<void> {
  const outcome = await placeBlob(blob, body, target, options)
  const { signal, onTransfer } = options
  const onProgress = (position: number) => onTransfer?.({ type: "advanced", descriptor: blob, position })
  if (outcome !== "sent") await options.checkUnsent?.(blob, { signal, onProgress })
  onTransfer?.({ type: "finished", descriptor: blob, outcome })
}

async function placeBlob(
  blob: Descriptor,
  body: ContentBody,
  target: ContentTarget,
  options: CopyOptions,
): Promise<TransferOutcome> {
  if (await isThere(target, blob, options)) return "present"
  const from = target.mount ? await options.mountFrom?.(blob, options) : undefined
  if (from !== undefined && (await target.mount?.(blob, from, options))) return "mounted"
  return (await sendBlob(blob, body, target, options)) ? "sent" : "present"
}

/** Whether the target has content, on which the copy relies from then on. */
function isThere(target: ContentTarget, content: Descriptor, options: OperationOptions): Promise<boolean> {
  return isKeeper(target) ? target.claim(content, options) : target.exists(content, options)
}

/** Whether the body was read to its end: a target that has got the blob meanwhile does not need it. */
async function sendBlob(
  blob: Descriptor,
  body: ContentBody,
  target: ContentTarget,
  options: CopyOptions,
): Promise<boolean> {
  let position = 0
  const counted = async function* (offset: number) {
    position = offset
    for await (const chunk of observed(blob, body(offset), options.onTransfer, offset)) {
      position += chunk.length
      yield chunk
    }
  }
  options.onTransfer?.({ type: "started", descriptor: blob })
  await target.push(blob, counted, options)
  return position === blob.size
}

/** The bytes of a blob that can be fetched as often as a retry needs them. */
function bodyFrom(source: ContentFetcher, blob: Descriptor, signal: AbortSignal | undefined): ContentBody {
  return (offset) =>
    source.fetch(blob, { signal, reuseChunks: true, range: offset === 0 ? undefined : { offset } })
}

/**
 * Sends the manifests of a graph whose blobs have passed once. A manifest that is there already proves nothing of them: they
 * are asked for once more. Throws `CANNOT_REWIND` where the target turns out not to have one.
 */
export async function pushDocuments(
  graph: Graph,
  target: ContentTarget,
  options: CopyOptions,
): Promise<void> {
  const present = await findPresent(graph, target, options)
  await pushAbsent(passed, graph, target, present, options)
  const blobs = new Map([...graph.configs, ...graph.layers].map((blob) => [blob.digest, blob]))
  const unproven = [...new Set(blobsOf([...present]))].flatMap((digest) => blobs.get(digest) ?? [])
  await forEachConcurrent(unproven, ASKED_AT_ONCE, options.signal, async (blob, signal) => {
    if (!(await isThere(target, blob, { signal }))) throw hasPassed(blob)
  })
}

/** What a pipe held is gone: a target that only now denies having it cannot be sent it again. */
const passed: ContentFetcher = {
  fetch(blob) {
    throw hasPassed(blob)
  },
}

function hasPassed({ digest }: Descriptor): ContentError {
  return new ContentError("CANNOT_REWIND", `the target first said that it has ${digest}, and then not`, {
    hint: "save the bundle to a file and import that",
  })
}

async function pushAbsent(
  source: ContentFetcher,
  graph: Graph,
  target: ContentTarget,
  present: ReadonlySet<GraphDocument>,
  options: CopyOptions,
): Promise<void> {
  for (const document of graph.documentsChildrenFirst()) {
    options.signal?.throwIfAborted()
    if (present.has(document)) continue
    await pushWhole(source, graph, document, target, options)
  }
}

/** Where the target denies having what it said that it had, that is sent after all. */
async function pushWhole(
  source: ContentFetcher,
  graph: Graph,
  document: GraphDocument,
  target: ContentTarget,
  options: CopyOptions,
): Promise<void> {
  try {
    await pushDocument(document, target, options)
  } catch (error) {
    if (!namesMissingContent(error)) throw error
    for (const child of successors(document.manifest)) {
      if (document.manifest.kind === "index") {
        await pushWhole(source, graph, graph.document(child.digest), target, options)
      } else {
        // It has been told of once.
        const unheard = { ...options, onTransfer: undefined }
        await sendBlob(child, bodyFrom(source, child, options.signal), target, unheard)
      }
    }
    await pushDocument(document, target, options)
  }
}

function pushDocument(document: GraphDocument, target: ContentTarget, options: CopyOptions): Promise<void> {
  return target.push(document.descriptor, bodyOf(document.bytes), options)
}

/** Registries have said "present" of a blob that they do not have, and deny it only when a manifest names it. */
function namesMissingContent(error: unknown): boolean {
  const codes = ["MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN", "MANIFEST_UNKNOWN"]
  return error instanceof WaybillError && codes.includes(error.code)
}
