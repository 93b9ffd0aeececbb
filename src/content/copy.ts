import { WaybillError } from "../errors/waybill-error.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { successors } from "../oci/manifest.ts"
import { forEachConcurrent } from "./concurrency.ts"
import type { Graph, GraphDocument } from "./graph.ts"
import type { ContentBody, ContentFetcher, ContentTarget, OperationOptions } from "./interfaces.ts"
import { bodyOf } from "./read-document.ts"
import { observed, type TransferListener, type TransferOutcome } from "./transfer-event.ts"

export interface CopyOptions extends OperationOptions {
  /** Blobs under way at once. Default 4. */
  concurrency?: number | undefined
  onTransfer?: TransferListener | undefined
  /** Names a repository of the target's registry that holds the blob, to mount it from. */
  mountFrom?: ((blob: Descriptor, options: OperationOptions) => Promise<string | undefined>) | undefined
  /** Is asked to check a blob that is not read, since the target has it. */
  checkUnsent?: ((blob: Descriptor, options: OperationOptions) => Promise<void>) | undefined
}

export const DEFAULT_CONCURRENCY = 4

/**
 * Copies a graph: blobs concurrently, then manifests, each after what it refers to, so that a break at any moment
 * leaves no manifest without its content. What the target has is not sent.
 */
export async function copyGraph(
  source: ContentFetcher,
  graph: Graph,
  target: ContentTarget,
  options: CopyOptions = {},
): Promise<void> {
  const blobs = [...graph.configs, ...graph.layers]
  options.onTransfer?.({ type: "planned", count: blobs.length, bytes: sumOfSizes(blobs) })
  await forEachConcurrent(blobs, options.concurrency ?? DEFAULT_CONCURRENCY, options.signal, (blob, signal) =>
    copyBlob(blob, bodyFrom(source, blob, signal), target, { ...options, signal }),
  )
  await pushDocuments(source, graph, target, options)
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
  if (outcome !== "sent") await options.checkUnsent?.(blob, options)
  options.onTransfer?.({ type: "finished", descriptor: blob, outcome })
}

async function placeBlob(
  blob: Descriptor,
  body: ContentBody,
  target: ContentTarget,
  options: CopyOptions,
): Promise<TransferOutcome> {
  if (await target.exists(blob, options)) return "present"
  const from = target.mount ? await options.mountFrom?.(blob, options) : undefined
  if (from !== undefined && (await target.mount?.(blob, from, options))) return "mounted"
  return (await sendBlob(blob, body, target, options)) ? "sent" : "present"
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

/** Sends the manifests of a graph whose blobs are there. */
export async function pushDocuments(
  source: ContentFetcher,
  graph: Graph,
  target: ContentTarget,
  options: CopyOptions,
): Promise<void> {
  for (const document of graph.documentsChildrenFirst()) {
    options.signal?.throwIfAborted()
    if (await target.exists(document.descriptor, options)) continue
    try {
      await pushDocument(document, target, options)
    } catch (error) {
      if (!namesMissingContent(error)) throw error
      await sendSuccessors(source, graph, document, target, options)
      await pushDocument(document, target, options)
    }
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

async function sendSuccessors(
  source: ContentFetcher,
  graph: Graph,
  document: GraphDocument,
  target: ContentTarget,
  options: CopyOptions,
): Promise<void> {
  for (const child of successors(document.manifest)) {
    if (document.manifest.kind === "index") await pushDocument(graph.document(child.digest), target, options)
    else await sendBlob(child, bodyFrom(source, child, options.signal), target, options)
  }
}
