import { ArchiveFile } from "../archive/archive-file.ts"
import { END_OF_ARCHIVE_SIZE, padding } from "../archive/header.ts"
import { ContentError } from "../content/content-error.ts"
import type { ContentSource, FetchOptions, OperationOptions } from "../content/interfaces.ts"
import type { RandomAccess, Range } from "../content/random-access.ts"
import { bodyOf, collect } from "../content/read-document.ts"
import { verified } from "../content/verifying-reader.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { type Digest, digestAlgorithm } from "../oci/digest.ts"
import { type BundleProblem, bundleProblems, damagedBlob } from "./bundle-error.ts"
import type { BundleFile, BundlePlan } from "./bundle-plan.ts"
import { BundleScan } from "./bundle-scan.ts"
import { HashPool, type RangeHashOptions } from "./hash-pool.ts"
import type { FileDigest, IntegrityAlgorithm } from "./integrity.ts"
import { ReadHasher } from "./read-hasher.ts"
import { explainUnreadable } from "./unreadable-range.ts"

/** Hashes ranges of the bundle's bytes. */
type Hasher = Pick<HashPool | ReadHasher, "hash" | "close">

/**
 * An open bundle: a content source that reads blobs straight from their places. Opening checks all headers, all
 * manifests and the end, but no layer: those are verified as they are read.
 */
export class Bundle implements ContentSource {
  readonly plan: BundlePlan
  readonly archive: ArchiveFile
  readonly #files = new Map<Digest, BundleFile>()
  #hasher: Hasher | undefined

  private constructor(archive: ArchiveFile, plan: BundlePlan) {
    this.archive = archive
    this.plan = plan
    for (const file of plan.files) if (file.digest !== undefined) this.#files.set(file.digest, file)
  }

  /** Opens a bundle in a file. Throws `BundleError` naming the first entry that is wrong, or `ArchiveError`. */
  static async open(path: string, options: OperationOptions = {}): Promise<Bundle> {
    return Bundle.#over(await ArchiveFile.open(path), options)
  }

  /** Opens a bundle that lies elsewhere: `name` is what messages call it. The bytes are disposed of with it. */
  static over(name: string, bytes: RandomAccess, options: OperationOptions = {}): Promise<Bundle> {
    return Bundle.#over(new ArchiveFile(name, bytes), options)
  }

  static async #over(archive: ArchiveFile, options: OperationOptions): Promise<Bundle> {
    try {
      const entries = archive.entries(options)
      const scan = new BundleScan(async () => {
        const { value: entry, done } = await entries.next()
        if (done) return undefined
        return {
          entry,
          read: () => collect(archive.read(entry.offset, entry.size, { ...options, entry: entry.name })),
        }
      })
      const plan = await scan.head()
      for await (const _ of scan.rest(plan)) options.signal?.throwIfAborted()
      await scan.end()
      await checkZeros(archive, plan, options)
      return new Bundle(archive, plan)
    } catch (error) {
      await archive.close()
      throw error
    }
  }

  /** Resolves a service's name, the release's version, or a digest. */
  async resolve(reference: string): Promise<Descriptor> {
    const { release, manifest, services, graph } = this.plan
    const service = services.find((candidate) => candidate.service === reference)
    if (service) return service.image
    if (reference === manifest.semver || reference === release.digest) return release
    const known = [...graph.indexes, ...graph.manifests].find(({ digest }) => digest === reference)
    if (known) return known
    throw new ContentError("CONTENT_NOT_FOUND", `${this.archive.path} has no image ${reference}`, {
      hint: `it has ${services.map((candidate) => candidate.service).join(", ")}`,
    })
  }

  fetch(descriptor: Descriptor, options: FetchOptions = {}): AsyncIterable<Uint8Array> {
    const file = this.#file(descriptor.digest)
    const { offset, length = file.size - offset } = options.range ?? { offset: 0 }
    if (file.content instanceof Uint8Array) {
      return bodyOf(file.content.subarray(0, offset + length))(offset)
    }
    const chunks = this.archive.read(file.offset + offset, Math.min(length, file.size - offset), {
      ...options,
      entry: file.name,
    })
    if (options.range) return chunks
    return verified(descriptor, chunks, `${this.archive.path}, ${file.name} at offset ${file.offset}`, {
      unhashed: options.unhashed,
      damaged: (found) => bundleProblems([damagedBlob(file.name, file.offset, descriptor.digest, found)]),
    })
  }

  /**
   * Reads a blob where it lies, a large one on another thread, as verifying the file does. Gives what is wrong with it, if anything
   * is. The descriptor's size is not looked at: opening has held it against the header.
   */
  async findDamage(
    { digest }: Descriptor,
    options: RangeHashOptions = {},
  ): Promise<BundleProblem | undefined> {
    const file = this.#file(digest)
    // Its bytes were hashed when the bundle was opened.
    if (file.content instanceof Uint8Array) return undefined
    const range = { offset: file.offset, length: file.size }
    const found = await this.#hash(digestAlgorithm(digest), range, { ...options, entry: file.name })
    return found === digest ? undefined : damagedBlob(file.name, file.offset, digest, found)
  }

  /** Digests of the whole file, computed on other threads. Throws `READ_FAILED`. */
  fileDigests(
    algorithms: readonly IntegrityAlgorithm[],
    options: OperationOptions = {},
  ): Promise<FileDigest[]> {
    return Promise.all(
      algorithms.map((algorithm) => this.#hash(algorithm, { offset: 0, length: this.archive.size }, options)),
    )
  }

  /** Checks a blob where it lies. Throws `BUNDLE_DAMAGED`, as verifying the file does. */
  async checkBlob(descriptor: Descriptor, options: RangeHashOptions = {}): Promise<void> {
    const problem = await this.findDamage(descriptor, options)
    if (problem !== undefined) throw bundleProblems([problem])
  }

  /** Where content lies in the file; `undefined` for what the bundle does not hold. */
  placeOf(digest: Digest): { offset: number; size: number } | undefined {
    return this.#files.get(digest)
  }

  async close(): Promise<void> {
    await this.#hasher?.close()
    await this.archive.close()
  }

  async #hash<Algorithm extends IntegrityAlgorithm>(
    algorithm: Algorithm,
    range: Range,
    options: RangeHashOptions & { entry?: string },
  ): Promise<`${Algorithm}:${string}`> {
    const { bytes, path } = this.archive
    this.#hasher ??= bytes.fd === undefined ? new ReadHasher(this.archive) : new HashPool(bytes.fd)
    return await this.#hasher.hash(algorithm, range, options).catch((error: unknown) => {
      throw explainUnreadable(error, path, options.entry)
    })
  }

  #file(digest: Digest): BundleFile {
    const file = this.#files.get(digest)
    if (file) return file
    throw new ContentError("CONTENT_NOT_FOUND", `${this.archive.path} does not hold ${digest}`)
  }
}

/** Padding and the end-of-archive blocks are zeros, and nothing follows them. */
async function checkZeros(archive: ArchiveFile, plan: BundlePlan, options: OperationOptions): Promise<void> {
  const areZeros = archive.zeros(options)
  for (const file of plan.files) {
    const offset = file.offset + file.size
    if (await areZeros(offset, padding(file.size))) continue
    const problem = { entry: file.name, offset, expected: "zeros behind the content", found: "other bytes" }
    throw bundleProblems([{ code: "BUNDLE_DAMAGED", ...problem }])
  }
  const end = plan.size - END_OF_ARCHIVE_SIZE
  if (archive.size > plan.size) {
    const problem = { entry: "the file", offset: plan.size, expected: "the end of the file" }
    throw bundleProblems([
      { code: "BUNDLE_TRAILING_DATA", ...problem, found: `${archive.size - plan.size} more bytes` },
    ])
  }
  const whole = archive.size === plan.size
  if (whole && (await areZeros(end, END_OF_ARCHIVE_SIZE))) return
  throw bundleProblems([
    {
      code: whole ? "BUNDLE_DAMAGED" : "BUNDLE_TRUNCATED",
      entry: "the file",
      offset: end,
      expected: `two blocks of zeros that end it at ${plan.size} bytes`,
      found: whole ? "other bytes" : `its end at ${archive.size} bytes`,
    },
  ])
}
