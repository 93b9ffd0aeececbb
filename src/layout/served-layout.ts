import { open } from "node:fs/promises"
import { setImmediate } from "node:timers/promises"
import { ContentError } from "../content/content-error.ts"
import { FileBytes } from "../content/file-bytes.ts"
import type { RandomAccess } from "../content/random-access.ts"
import { bodyOf } from "../content/read-document.ts"
import type {
  Condition,
  NewManifest,
  PutOptions,
  RemovalOptions,
  TagPage,
  Upload,
  WritableRepository,
} from "../content/registry-storage.ts"
import { hasCode } from "../errors/system-error.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { type Digest, type DigestAlgorithm, isDigest } from "../oci/digest.ts"
import { type Manifest, successors } from "../oci/manifest.ts"
import { isForeignLayer, isManifestMediaType } from "../oci/media-types.ts"
import type { StoreFiles } from "./store-files.ts"

/** Descriptors that are read before others get a turn. */
const REFERRERS_AT_ONCE = 200

/** One repository of a content store, as a registry serves it. */
export class ServedLayout implements WritableRepository {
  readonly name: string
  readonly #store: StoreFiles

  constructor(store: StoreFiles, name: string) {
    this.name = name
    this.#store = store
  }

  async findManifest(reference: string): Promise<Descriptor | undefined> {
    const { blobs, catalog } = this.#store
    const found = await this.#find(reference)
    // A row is no proof of a file: whoever asks before a push has to hear that it is to be sent again.
    if (found === undefined || catalog.damaged.has(found.digest)) return undefined
    return (await blobs.size(found.digest)) === found.size ? found : undefined
  }

  async #find(reference: string): Promise<Descriptor | undefined> {
    const { catalog, tags } = this.#store
    if (!isDigest(reference)) {
      const tagged = await tags.find(this.name, reference)
      return tagged && catalog.content.findManifest(this.name, tagged.digest)
    }
    const found = catalog.content.findManifest(this.name, reference)
    // Another tool may have brought it since.
    return found ?? ((await tags.refresh()) ? catalog.content.findManifest(this.name, reference) : undefined)
  }

  async findBlob(digest: Digest): Promise<Descriptor | undefined> {
    const { catalog } = this.#store
    if (!catalog.content.hasBlob(this.name, digest) || catalog.damaged.has(digest)) return undefined
    const size = await this.#store.blobs.size(digest)
    return size === undefined ? undefined : { mediaType: "application/octet-stream", digest, size }
  }

  async open({ digest }: Descriptor): Promise<RandomAccess> {
    try {
      const file = await open(this.#store.blobs.path(digest), "r")
      return new FileBytes(file, (await file.stat()).size)
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error
      throw new ContentError("CONTENT_NOT_FOUND", `${digest} is not in ${this.name} any more`)
    }
  }

  listTags({ after, limit }: TagPage = {}): Promise<string[]> {
    return this.#store.tags.list(this.name, after, limit)
  }

  async *listReferrers(subject: Digest, after = ""): AsyncGenerator<Descriptor, void, undefined> {
    let last = after
    for (let count = 1; ; count++) {
      const found = this.#store.catalog.content.nextReferrer(this.name, subject, last)
      if (found === undefined) return
      yield found
      last = found.digest
      // Whoever looks for one kind among many passes over the others without a pause.
      if (count % REFERRERS_AT_ONCE === 0) await setImmediate()
    }
  }

  async reaches(root: Digest, digest: Digest): Promise<boolean> {
    return this.#store.catalog.needs.reaches(root, digest)
  }

  async rootOf(digest: Digest): Promise<Digest> {
    const { catalog } = this.#store
    let root = digest
    // What needs content names its digest, so none needs itself.
    for (
      let next: Digest | undefined = digest;
      next !== undefined;
      next = catalog.needs.needing(this.name, next)
    ) {
      root = next
    }
    return root
  }

  async claimManifest(reference: string): Promise<Descriptor | undefined> {
    const { catalog, now } = this.#store
    const found = await this.findManifest(reference)
    if (found === undefined || catalog.content.isClaimed("manifests", this.name, found.digest, now()))
      return found
    // It may have been collected since.
    return catalog.note(() =>
      catalog.content.claimManifest(this.name, found.digest, now()) ? found : undefined,
    )
  }

  async claimBlob(digest: Digest): Promise<Descriptor | undefined> {
    const { catalog, now } = this.#store
    const found = await this.findBlob(digest)
    if (found === undefined || catalog.content.isClaimed("blobs", this.name, digest, now())) return found
    return catalog.note(() => {
      // It may have been collected since.
      if (!catalog.content.hasBlob(this.name, digest)) return undefined
      catalog.content.addBlob(this.name, digest, now())
      return found
    })
  }

  async holders(digest: Digest): Promise<string[]> {
    return this.#store.catalog.content.holders(digest, this.name)
  }

  async mountBlob(digest: Digest, from: string): Promise<boolean> {
    const { blobs, catalog, leases, now } = this.#store
    if ((await blobs.size(digest)) === undefined) return false
    return catalog.transaction(() => {
      if (!catalog.content.hasBlob(from, digest) || catalog.damaged.has(digest)) return false
      leases.refuseRemoved(this.name)
      catalog.content.addBlob(this.name, digest, now())
      return true
    })
  }

  beginUpload(id: string, algorithm?: DigestAlgorithm): Promise<Upload> {
    return this.#store.uploads.begin(this.name, id, algorithm)
  }

  findUpload(id: string): Promise<Upload | undefined> {
    return this.#store.uploads.find(this.name, id)
  }

  async putManifest(
    { descriptor, bytes, manifest, tags }: NewManifest,
    { condition, ...options }: PutOptions = {},
  ): Promise<void> {
    const { blobs, catalog, ingest, leases, now } = this.#store
    await this.#checkComplete(manifest)
    await ingest.write(blobs.path(descriptor.digest), bodyOf(bytes)(0), (move) =>
      this.#store.tags.change(() => {
        this.#require(condition)
        leases.refuseRemoved(this.name)
        // Once more, now that nothing is collected.
        this.#checkCatalog(manifest)
        for (const tag of tags) this.#store.tags.put(this.name, tag, descriptor)
        move()
        catalog.damaged.remove(descriptor.digest)
        catalog.content.addManifest(this.name, descriptor, manifest, now())
        catalog.content.touch(this.name, now())
        const { documents, blobs: parts } = needsOf(manifest)
        catalog.content.claimAll("manifests", this.name, digestsOf(documents), now())
        catalog.content.claimAll("blobs", this.name, digestsOf(parts), now())
      }, options),
    )
  }

  async removeManifest(digest: Digest, { check, condition }: RemovalOptions = {}): Promise<boolean> {
    const { catalog, leases, tags } = this.#store
    await using _ = await leases.announceRemoval(this.name, digest)
    await check?.()
    return await tags.change(() => {
      this.#require(condition)
      this.#refuseNeeded(digest)
      const wasThere = catalog.content.findManifest(this.name, digest) !== undefined
      tags.removeAllOf(this.name, digest)
      catalog.content.removeManifest(this.name, digest)
      return wasThere
    })
  }

  removeTag(tag: string, { condition }: Pick<RemovalOptions, "condition"> = {}): Promise<boolean> {
    const { tags } = this.#store
    return tags.change(() => {
      this.#require(condition)
      return tags.remove(this.name, tag)
    })
  }

  async removeBlob(digest: Digest, { check }: RemovalOptions = {}): Promise<boolean> {
    const { catalog, leases } = this.#store
    await using _ = await leases.announceRemoval(this.name, digest)
    await check?.()
    return await catalog.transaction(() => {
      this.#refuseNeeded(digest)
      return catalog.content.removeBlob(this.name, digest)
    })
  }

  /** In a transaction. */
  #require(condition: Condition | undefined): void {
    if (condition === undefined) return
    const { catalog, tags } = this.#store
    const { reference } = condition
    const digest = isDigest(reference) ? reference : tags.peek(this.name, reference)?.digest
    condition.check(digest && catalog.content.findManifest(this.name, digest)?.digest)
  }

  #refuseNeeded(digest: Digest): void {
    const needing = this.#store.catalog.needs.needing(this.name, digest)
    if (needing === undefined) return
    throw new ContentError("CONTENT_IN_USE", `${digest} is needed by ${needing}`, {
      hint: "delete that manifest first",
    })
  }

  /** A row is no proof that nobody removed the file by hand. */
  async #checkComplete(manifest: Manifest): Promise<void> {
    this.#checkCatalog(manifest)
    for (const child of successors(manifest)) {
      if (isForeignLayer(child.mediaType)) continue
      if ((await this.#store.blobs.size(child.digest)) !== child.size) throw this.#missing(child)
    }
  }

  #checkCatalog(manifest: Manifest): void {
    const { catalog } = this.#store
    const { documents, blobs } = needsOf(manifest)
    const kept = blobs.filter(({ mediaType }) => !isForeignLayer(mediaType))
    const missing =
      catalog.content.findMissing("manifests", this.name, digestsOf(documents)) ??
      catalog.content.findMissing("blobs", this.name, digestsOf(kept))
    const child = [...documents, ...kept].find(({ digest }) => digest === missing)
    if (child !== undefined) throw this.#missing(child)
  }

  #missing({ digest, size }: Descriptor): ContentError {
    return new ContentError("CONTENT_MISSING", `${digest}, of ${size} bytes, is not in ${this.name}`, {
      hint: "push it first",
    })
  }
}

/** What a manifest needs, by what it is in a repository. Indexes of build caches name blobs as well. */
function needsOf(manifest: Manifest): { documents: Descriptor[]; blobs: Descriptor[] } {
  const children = successors(manifest)
  const isDocument = ({ mediaType }: Descriptor) =>
    manifest.kind === "index" && isManifestMediaType(mediaType)
  return {
    documents: children.filter(isDocument),
    blobs: children.filter((child) => !isDocument(child)),
  }
}

function digestsOf(descriptors: readonly Descriptor[]): Digest[] {
  return descriptors.map(({ digest }) => digest)
}
