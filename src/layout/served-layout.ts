import { open } from "node:fs/promises"
import { ContentError } from "../content/content-error.ts"
import { loadGraph } from "../content/graph.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import { bodyOf } from "../content/read-document.ts"
import type {
  NewManifest,
  OpenContent,
  TagPage,
  Upload,
  WritableRepository,
} from "../content/registry-storage.ts"
import { hasCode } from "../errors/system-error.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { type Digest, type DigestAlgorithm, isDigest } from "../oci/digest.ts"
import { type Manifest, successors } from "../oci/manifest.ts"
import { isForeignLayer, isManifestMediaType } from "../oci/media-types.ts"
import { OciError } from "../oci/oci-error.ts"
import { adoptGraph } from "./adopt.ts"
import { withNames, withoutNames } from "./index-file.ts"
import type { StoreFiles } from "./store-files.ts"

/** The repositories whose tags were looked through, for a state of all tags: doing it again brings nothing new. */
const adopted = new WeakMap<ReadonlyMap<string, Descriptor>, Set<string>>()

/** One repository of a content store, as a registry serves it. */
export class ServedLayout implements WritableRepository {
  readonly name: string
  readonly #store: StoreFiles

  constructor(store: StoreFiles, name: string) {
    this.name = name
    this.#store = store
  }

  async findManifest(reference: string): Promise<Descriptor | undefined> {
    const { blobs, catalog, tags } = this.#store
    const tagged = isDigest(reference) ? undefined : (await tags.read()).get(`${this.name}:${reference}`)
    const digest = isDigest(reference) ? reference : tagged?.digest
    const size = digest && (await blobs.size(digest))
    if (digest === undefined || size === undefined || catalog.isDamaged(digest)) return undefined
    let found = catalog.findManifest(this.name, digest)
    if (found === undefined) {
      await (tagged ? this.#adopt(tagged) : this.#adoptAll())
      found = catalog.findManifest(this.name, digest)
    }
    // A row is no proof of a file: whoever asks before a push has to hear that it is to be sent again.
    return found?.size === size ? found : undefined
  }

  async findBlob(digest: Digest): Promise<Descriptor | undefined> {
    const { catalog } = this.#store
    if (!catalog.hasBlob(this.name, digest) || catalog.isDamaged(digest)) return undefined
    const size = await this.#store.blobs.size(digest)
    return size === undefined ? undefined : { mediaType: "application/octet-stream", digest, size }
  }

  async open({ digest }: Descriptor): Promise<OpenContent> {
    try {
      const file = await open(this.#store.blobs.path(digest), "r")
      return { file, offset: 0, size: (await file.stat()).size, [Symbol.asyncDispose]: () => file.close() }
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error
      throw new ContentError("CONTENT_NOT_FOUND", `${digest} is not in ${this.name} any more`)
    }
  }

  async listTags({ after, limit }: TagPage = {}): Promise<string[]> {
    const prefix = `${this.name}:`
    const all: string[] = []
    for (const name of (await this.#store.tags.read()).keys()) {
      const tag = name.slice(prefix.length)
      if (name.startsWith(prefix) && (after === undefined || tag > after)) all.push(tag)
    }
    return all.sort(byBytes).slice(0, limit)
  }

  async *listReferrers(subject: Digest, after = ""): AsyncGenerator<Descriptor, void, undefined> {
    for (let last = after; ; ) {
      const found = this.#store.catalog.nextReferrer(this.name, subject, last)
      if (found === undefined) return
      yield found
      last = found.digest
    }
  }

  async reaches(root: Digest, digest: Digest): Promise<boolean> {
    return this.#store.catalog.reaches(root, digest)
  }

  async claimManifest(reference: string): Promise<Descriptor | undefined> {
    const { catalog, now } = this.#store
    const found = await this.findManifest(reference)
    if (found === undefined || catalog.isClaimed("manifests", this.name, found.digest, now())) return found
    // It may have been collected since.
    return catalog.note(() => (catalog.claimManifest(this.name, found.digest, now()) ? found : undefined))
  }

  async claimBlob(digest: Digest): Promise<Descriptor | undefined> {
    const { catalog, now } = this.#store
    const found = await this.findBlob(digest)
    if (found === undefined || catalog.isClaimed("blobs", this.name, digest, now())) return found
    return catalog.note(() => {
      // It may have been collected since.
      if (!catalog.hasBlob(this.name, digest)) return undefined
      catalog.addBlob(this.name, digest, now())
      return found
    })
  }

  async holders(digest: Digest): Promise<string[]> {
    return this.#store.catalog.holders(digest)
  }

  async mountBlob(digest: Digest, from: string): Promise<boolean> {
    const { blobs, catalog, now } = this.#store
    if ((await blobs.size(digest)) === undefined) return false
    return catalog.transaction(() => {
      if (!catalog.hasBlob(from, digest) || catalog.isDamaged(digest)) return false
      catalog.addBlob(this.name, digest, now())
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
    options: OperationOptions = {},
  ): Promise<void> {
    const { blobs, catalog, ingest, now } = this.#store
    await this.#checkComplete(manifest)
    await ingest.write(blobs.path(descriptor.digest), bodyOf(bytes)(0), (move) =>
      catalog.transaction(() => {
        // Once more, now that nothing is collected.
        this.#checkCatalog(manifest)
        move()
        catalog.forgetDamage(descriptor.digest)
        catalog.addManifest(this.name, descriptor, manifest, now())
        for (const child of successors(manifest)) this.#claim(manifest, child)
      }),
    )
    if (tags.length === 0) return
    const names = new Map(tags.map((tag) => [`${this.name}:${tag}`, descriptor]))
    await this.#store.tags.change((index) => {
      // A deletion may have come between: then there is nothing to name.
      if (catalog.findManifest(this.name, descriptor.digest) === undefined) {
        throw new ContentError("CONTENT_NOT_FOUND", `${descriptor.digest} was deleted while it was pushed`)
      }
      return withNames(index, names)
    }, options)
  }

  async removeManifest(digest: Digest): Promise<boolean> {
    const { catalog, tags } = this.#store
    let wasThere = false
    await tags.change(
      (index) => {
        this.#refuseNeeded(digest)
        wasThere = catalog.findManifest(this.name, digest) !== undefined
        const prefix = `${this.name}:`
        return withoutNames(index, (name, entry) => entry.digest === digest && name.startsWith(prefix))
      },
      {},
      // The tags go first: none may point at nothing, whatever happens in between.
      () => catalog.transaction(() => catalog.removeManifest(this.name, digest)),
    )
    return wasThere
  }

  async removeTag(tag: string): Promise<boolean> {
    let wasThere = false
    await this.#store.tags.change((index) => {
      const changed = withoutNames(index, (name) => name === `${this.name}:${tag}`)
      wasThere = changed !== undefined
      return changed
    })
    return wasThere
  }

  async removeBlob(digest: Digest): Promise<boolean> {
    const { catalog } = this.#store
    return catalog.transaction(() => {
      this.#refuseNeeded(digest)
      return catalog.removeBlob(this.name, digest)
    })
  }

  #refuseNeeded(digest: Digest): void {
    const needing = this.#store.catalog.needing(this.name, digest)
    if (needing === undefined) return
    throw new ContentError("CONTENT_IN_USE", `${digest} is needed by ${needing}`, {
      hint: "delete that manifest first",
    })
  }

  #claim(manifest: Manifest, child: Descriptor): void {
    const { catalog, now } = this.#store
    const { digest } = child
    if (isDocument(manifest, child)) catalog.claimManifest(this.name, digest, now())
    else if (catalog.hasBlob(this.name, digest)) catalog.addBlob(this.name, digest, now())
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
    for (const child of successors(manifest)) {
      const isThere = isDocument(manifest, child)
        ? catalog.findManifest(this.name, child.digest) !== undefined
        : catalog.hasBlob(this.name, child.digest)
      if ((!isThere || catalog.isDamaged(child.digest)) && !isForeignLayer(child.mediaType))
        throw this.#missing(child)
    }
  }

  #missing({ digest, size }: Descriptor): ContentError {
    return new ContentError("CONTENT_MISSING", `${digest}, of ${size} bytes, is not in ${this.name}`, {
      hint: "push it first",
    })
  }

  /** Takes in what another tool has tagged, or a Waybill that kept no catalog. */
  async #adoptAll(): Promise<void> {
    const names = await this.#store.tags.read()
    const done = adopted.get(names) ?? new Set()
    adopted.set(names, done)
    if (done.has(this.name)) return
    for (const [name, descriptor] of names) {
      if (name.startsWith(`${this.name}:`)) await this.#adopt(descriptor)
    }
    done.add(this.name)
  }

  async #adopt(root: Descriptor): Promise<void> {
    const { blobs, catalog } = this.#store
    if (!isManifestMediaType(root.mediaType)) return
    if (catalog.findManifest(this.name, root.digest) !== undefined) return
    try {
      adoptGraph(this.#store, this.name, await loadGraph(blobs, root))
    } catch (error) {
      // What is damaged or lacks a part is nothing to be served.
      if (!(error instanceof ContentError) && !(error instanceof OciError)) throw error
    }
  }
}

/** Indexes of build caches name blobs as well. */
function isDocument(parent: Manifest, { mediaType }: Descriptor): boolean {
  return parent.kind === "index" && isManifestMediaType(mediaType)
}

function byBytes(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
