import type { ArchiveEntry } from "../archive/archive-entry.ts"
import { isHeaderOf, padding } from "../archive/header.ts"
import { Graph } from "../content/graph.ts"
import { quote } from "../errors/quote.ts"
import { WaybillError } from "../errors/waybill-error.ts"
import { type Descriptor, plainDescriptor } from "../oci/descriptor.ts"
import { type Digest, digestAlgorithm, digestOf } from "../oci/digest.ts"
import {
  blobPath,
  INDEX_FILE,
  LAYOUT_BYTES,
  LAYOUT_FILE,
  parseLayoutFile,
  parseLayoutIndex,
} from "../oci/image-layout.ts"
import { isCanonicalJson, MAX_DOCUMENT_SIZE } from "../oci/json.ts"
import { MediaType } from "../oci/media-types.ts"
import { OciError } from "../oci/oci-error.ts"
import { RELEASE_TYPE } from "../oci/release-type.ts"
import { BundleError, type BundleErrorCode, bundleProblems } from "./bundle-error.ts"
import { type BundlePlan, planFromDocuments, saysDraft } from "./bundle-plan.ts"
import { releaseArtifactOf, releaseBlobsOf } from "./release-index.ts"

/** An entry of an archive as either reader gives it, with a way to read it whole. */
export interface ScannedEntry {
  entry: ArchiveEntry
  read(): Promise<Uint8Array>
}

type NextEntry<Scanned extends ScannedEntry> = () => Promise<Scanned | undefined>

/**
 * Walks a bundle's entries and holds each against the one that the format wants at that place: name, size, and a
 * header equal to the byte. What stands before the first layer decides all that must follow.
 */
export class BundleScan<Scanned extends ScannedEntry> {
  readonly #next: NextEntry<Scanned>
  readonly #names = new Set<string>()
  #taken = 0
  #end = 0

  constructor(next: NextEntry<Scanned>) {
    this.#next = next
  }

  /** Reads all up to the last manifest, and plans the whole bundle from it. Every document is checked. */
  async head(): Promise<BundlePlan> {
    await this.#takeLayoutFile()
    const index = await this.#take(INDEX_FILE)
    const indexBytes = await readSmall(index)
    const release = releaseEntry(await naming(index, () => parseLayoutIndex(indexBytes)))
    const graph = new Graph(plainDescriptor(release))
    await this.#takeManifest(graph, graph.root)
    const artifact = releaseArtifactOf(graph)
    await this.#takeManifest(graph, artifact)
    const blobs = new Map<Digest, Uint8Array>()
    for (const blob of releaseBlobsOf(graph)) blobs.set(blob.digest, (await this.#takeDocument(blob)).bytes)
    for (const child of graph.indexes)
      if (child.digest !== graph.root.digest) await this.#takeManifest(graph, child)
    for (const child of graph.manifests) {
      if (child.digest !== artifact.digest) await this.#takeManifest(graph, child)
    }
    const plan = planFromDocuments(graph, blobs, saysDraft(release))
    requireSameIndex(index.entry, indexBytes, plan)
    return plan
  }

  /** Takes the entries that follow the head, in the order of the plan. */
  async *rest(plan: BundlePlan): AsyncGenerator<Scanned & { descriptor: Descriptor }, void, undefined> {
    for (const file of plan.files.slice(this.#taken)) {
      const scanned = await this.#take(file.name, file.size)
      if (!(file.content instanceof Uint8Array)) yield { ...scanned, descriptor: file.content }
    }
  }

  /** Makes sure that no entry follows the last one of the plan. */
  async end(): Promise<void> {
    const scanned = await this.#next()
    if (scanned === undefined) return
    const code = this.#names.has(scanned.entry.name) ? "BUNDLE_ENTRY_REPEATED" : "BUNDLE_ENTRY_UNEXPECTED"
    throw entryProblem(
      scanned.entry,
      code,
      "the end of the bundle",
      `an entry of ${scanned.entry.size} bytes`,
    )
  }

  async #takeLayoutFile(): Promise<void> {
    const scanned = await this.#take(LAYOUT_FILE)
    const bytes = await readSmall(scanned)
    await naming(scanned, () => parseLayoutFile(bytes))
    if (Buffer.compare(bytes, LAYOUT_BYTES) !== 0) {
      throw entryProblem(
        scanned.entry,
        "BUNDLE_NOT_CANONICAL",
        new TextDecoder().decode(LAYOUT_BYTES),
        "other bytes",
      )
    }
  }

  async #takeManifest(graph: Graph, descriptor: Descriptor): Promise<void> {
    const { scanned, bytes } = await this.#takeDocument(descriptor)
    await naming(scanned, () => graph.add(descriptor, bytes))
  }

  async #takeDocument(descriptor: Descriptor): Promise<{ scanned: Scanned; bytes: Uint8Array }> {
    const scanned = await this.#take(blobPath(descriptor.digest), descriptor.size)
    const bytes = await readSmall(scanned)
    const found = digestOf(bytes, digestAlgorithm(descriptor.digest))
    if (found !== descriptor.digest)
      throw entryProblem(scanned.entry, "BUNDLE_DAMAGED", descriptor.digest, found)
    return { scanned, bytes }
  }

  async #take(name: string, size?: number): Promise<Scanned> {
    const scanned = await this.#next()
    if (scanned === undefined) {
      throw bundleProblems([
        {
          code: "BUNDLE_ENTRY_MISSING",
          entry: name,
          offset: this.#end,
          expected: "the entry",
          found: "the end of the bundle",
        },
      ])
    }
    const { entry } = scanned
    if (this.#taken === 0 && entry.name !== name)
      throw notABundle(`its first entry is ${quote(entry.name)}, not ${name}`)
    checkEntry(entry, name, size, this.#names)
    this.#names.add(name)
    this.#taken++
    this.#end = entry.offset + entry.size + padding(entry.size)
    return scanned
  }
}

function checkEntry(
  entry: ArchiveEntry,
  name: string,
  size: number | undefined,
  before: ReadonlySet<string>,
): void {
  if (entry.name !== name) {
    if (before.has(entry.name))
      throw entryProblem(entry, "BUNDLE_ENTRY_REPEATED", name, "an entry that came before")
    throw entryProblem(
      entry,
      "BUNDLE_ENTRY_UNEXPECTED",
      `the entry ${name} here`,
      `the entry ${quote(entry.name)}`,
    )
  }
  if (entry.type !== "file") throw entryProblem(entry, "BUNDLE_HEADER", "a regular file", `a ${entry.type}`)
  if (size !== undefined && entry.size !== size) {
    throw entryProblem(entry, "BUNDLE_HEADER", `${size} bytes`, `${entry.size} bytes`)
  }
  if (!isHeaderOf(entry.header, name, entry.size)) {
    throw entryProblem(
      entry,
      "BUNDLE_HEADER",
      "the header that the format gives this entry",
      "another header",
    )
  }
}

/** What names the release index: the first entry of `index.json`. */
function releaseEntry([first]: readonly Descriptor[]): Descriptor {
  if (first?.mediaType === MediaType.ociIndex && first.artifactType === RELEASE_TYPE) return first
  throw notABundle(`the first image in index.json is not a release of the type ${RELEASE_TYPE}`)
}

function notABundle(reason: string): BundleError {
  return new BundleError("NOT_A_BUNDLE", `this is not a release bundle: ${reason}`, {
    hint: "a bundle is what the export of a release makes; archives of images are something else",
  })
}

function requireSameIndex(entry: ArchiveEntry, bytes: Uint8Array, plan: BundlePlan): void {
  const expected = plan.files[1]?.content as Uint8Array
  if (Buffer.compare(bytes, expected) === 0) return
  if (!isCanonicalJson(bytes))
    throw entryProblem(entry, "BUNDLE_NOT_CANONICAL", "canonical JSON (RFC 8785)", "other JSON")
  const difference = bytes.findIndex((byte, at) => byte !== expected[at])
  throw entryProblem(
    entry,
    "BUNDLE_DISAGREES",
    `what the release index says (${expected.length} bytes)`,
    `something else from byte ${difference < 0 ? bytes.length : difference} on`,
  )
}

async function readSmall(scanned: ScannedEntry): Promise<Uint8Array> {
  if (scanned.entry.size > MAX_DOCUMENT_SIZE) {
    throw entryProblem(
      scanned.entry,
      "BUNDLE_HEADER",
      `at most ${MAX_DOCUMENT_SIZE} bytes`,
      `${scanned.entry.size} bytes`,
    )
  }
  return scanned.read()
}

/** Names the entry in an error about what it holds. */
async function naming<Result>(scanned: ScannedEntry, work: () => Result): Promise<Result> {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof WaybillError)) throw error
    const code = codeOf(error)
    throw entryProblem(scanned.entry, code, "a document that the format allows", error.message, error)
  }
}

function codeOf(error: WaybillError): BundleErrorCode {
  if (error.code === "LIMIT_EXCEEDED") return error.code
  return error instanceof OciError ? "INVALID_DOCUMENT" : "BUNDLE_DISAGREES"
}

function entryProblem(
  entry: ArchiveEntry,
  code: BundleErrorCode,
  expected: string,
  found: string,
  cause?: unknown,
): BundleError {
  return bundleProblems([{ code, entry: entry.name, offset: entry.headerOffset, expected, found }], cause)
}
