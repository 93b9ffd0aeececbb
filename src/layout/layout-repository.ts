import { ContentError } from "../content/content-error.ts"
import type {
  ContentBody,
  ContentKeeper,
  ContentSource,
  ContentTarget,
  FetchOptions,
  OperationOptions,
} from "../content/interfaces.ts"
import { readDocument } from "../content/read-document.ts"
import { hasCode } from "../errors/system-error.ts"
import { WaybillError } from "../errors/waybill-error.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { type Digest, isDigest } from "../oci/digest.ts"
import { OciError } from "../oci/oci-error.ts"
import { isRepository, isTag } from "../oci/reference.ts"
import type { Lease } from "./leases.ts"
import { leaseRelease } from "./release-lease.ts"
import type { StoreFiles } from "./store-files.ts"
import { isDocument, takeIn } from "./take-in.ts"

/**
 * One repository of a content store, for those who own the store. Blobs are those of the whole store; a tag is the
 * entry of `index.json` named `<repository>:<tag>`, so that other tools read `oci:ROOT:<repository>:<tag>`. Such a
 * name fits the grammar of `org.opencontainers.image.ref.name` (image-spec 1.1, annotations.md), except for a
 * tag with a separator at its beginning or end or two in a row: that one only Waybill finds by name.
 */
export class LayoutRepository implements ContentSource, ContentTarget, ContentKeeper {
  readonly name: string
  readonly #store: StoreFiles

  /** Throws `INVALID_REFERENCE` for a name that no registry would take. */
  constructor(store: StoreFiles, name: string) {
    if (!isRepository(name)) {
      throw new OciError("INVALID_REFERENCE", `"${name.slice(0, 300)}" is not a repository`, {
        hint: "a repository is lower-case words with . _ - between them, in parts divided by /",
      })
    }
    this.name = name
    this.#store = store
  }

  async resolve(reference: string, options: OperationOptions = {}): Promise<Descriptor> {
    options.signal?.throwIfAborted()
    if (isDigest(reference)) return this.#store.blobs.resolve(reference, options)
    const found = await this.#store.tags.find(this.name, checkTag(reference))
    if (found !== undefined) return found
    throw new ContentError("CONTENT_NOT_FOUND", `${this.name}:${reference} is not in ${this.#store.root}`)
  }

  fetch(descriptor: Descriptor, options?: FetchOptions): AsyncIterable<Uint8Array> {
    return this.#store.blobs.fetch(descriptor, options)
  }

  /** Whether this repository has it, whole: what lies elsewhere in the store is not this one's. */
  async exists(descriptor: Descriptor, options: OperationOptions = {}): Promise<boolean> {
    options.signal?.throwIfAborted()
    const { blobs, catalog } = this.#store
    const { digest } = descriptor
    if (!this.#has(descriptor) || catalog.damaged.has(digest) || !(await blobs.exists(descriptor)))
      return false
    if (!isDocument(descriptor)) return true
    try {
      await readDocument(this, descriptor, options)
      return true
    } catch (error) {
      // A damaged manifest is replaced like one that is missing.
      if (hasCode(error, "DIGEST_MISMATCH")) return false
      throw error
    }
  }

  async claim(descriptor: Descriptor, options: OperationOptions = {}): Promise<boolean> {
    if (!(await this.exists(descriptor, options))) return false
    const { catalog, now } = this.#store
    const kind = isDocument(descriptor) ? "manifests" : "blobs"
    if (catalog.content.isClaimed(kind, this.name, descriptor.digest, now())) return true
    return catalog.note(() => {
      // It may have been collected since.
      if (!this.#has(descriptor)) return false
      if (kind === "manifests") catalog.content.claimManifest(this.name, descriptor.digest, now())
      else catalog.content.addBlob(this.name, descriptor.digest, now())
      return true
    })
  }

  /** Stores content; where it is there already, the body is not read. Throws `NO_SPACE` besides what the port names. */
  async push(descriptor: Descriptor, body: ContentBody, options: OperationOptions = {}): Promise<void> {
    if (await this.claim(descriptor, options)) return
    await takeIn(this.#store, this.name, descriptor, body(0), options)
  }

  /** For an owner of the store, who may read all that is in it: without `from`, any repository that has the blob will do. */
  async mount(blob: Descriptor, from: string | null): Promise<boolean> {
    const { blobs, catalog, leases, now } = this.#store
    if (isDocument(blob) || !(await blobs.exists(blob))) return false
    return catalog.transaction(() => {
      const holders = from === null ? catalog.content.holders(blob.digest, this.name) : [from]
      const isHeld = holders.some((name) => catalog.content.hasBlob(name, blob.digest))
      if (!isHeld || catalog.damaged.has(blob.digest)) return false
      leases.refuseRemoved(this.name)
      catalog.content.addBlob(this.name, blob.digest, now())
      return true
    })
  }

  /** Keeps what the repository gets from now on, until the lease ends: a push may take longer than any grace. */
  lease(options?: OperationOptions): Promise<Lease> {
    return this.#store.leases.keepPushes(this.name, options)
  }

  /** See `leaseRelease`. */
  leaseRelease(index: Descriptor, images: readonly Descriptor[], options?: OperationOptions): Promise<Lease> {
    return leaseRelease(this.#store, this.name, { index, images }, options)
  }

  tag(descriptor: Descriptor, tag: string, options?: OperationOptions): Promise<void> {
    return this.tagAll(new Map([[tag, descriptor]]), options)
  }

  /**
   * Points many tags at manifests that are there, all or none of them. Throws `CONTENT_NOT_FOUND` for a manifest that is
   * not there, `INVALID_REFERENCE` for what cannot be a tag, `TAG_LIMIT`.
   */
  async tagAll(tags: ReadonlyMap<string, Descriptor>, options: OperationOptions = {}): Promise<void> {
    const store = this.#store
    for (const [tag, descriptor] of tags) {
      checkTag(tag)
      if (!(await this.claim(descriptor, options))) throw notThere(descriptor, this.name)
    }
    await store.tags.change(() => {
      for (const [tag, descriptor] of tags) {
        // It may have been collected since.
        if (!this.#has(descriptor)) throw notThere(descriptor, this.name)
        store.tags.put(this.name, tag, descriptor)
      }
    }, options)
  }

  /** Takes tags away, unless they point to something else by now. */
  async untag(tags: ReadonlyMap<string, Descriptor>, options: OperationOptions = {}): Promise<void> {
    const store = this.#store
    await store.tags.change(() => {
      for (const [tag, { digest }] of tags) store.tags.remove(this.name, tag, digest)
    }, options)
  }

  /**
   * Takes the tags of a release away once `work` has removed it, and only then. Where they cannot be, as on a full disk or
   * after a kill, they stand announced, and the next collection that does not find `root` needed takes them away.
   */
  async untagAfter(
    root: Digest,
    tags: ReadonlyMap<string, Descriptor>,
    work: () => Promise<void>,
  ): Promise<void> {
    const { catalog, tags: all } = this.#store
    await catalog.transaction(() => all.announceRemoval(this.name, root, tags))
    try {
      await work()
    } catch (error) {
      // Without harm where it stays: what is needed is not taken away.
      await catalog.transaction(() => all.withdrawRemoval(this.name, root)).catch(() => undefined)
      throw error
    }
    try {
      // Also those that were set again while the release was there.
      await this.untag(tags)
      await catalog.note(() => all.withdrawRemoval(this.name, root))
    } catch (error) {
      // The release is gone: that its tags go later is no reason to say that it is not.
      if (!(error instanceof WaybillError)) throw error
    }
  }

  /**
   * Removes the repository with all that is in it, once `work` is done and only then: meanwhile nobody begins to push to
   * it. Throws `CONTENT_IN_USE` where somebody does already.
   */
  async remove(work: () => Promise<void>): Promise<void> {
    const { catalog, leases, tags } = this.#store
    const removal = await leases.announceRepositoryRemoval(this.name)
    try {
      await work()
    } catch (error) {
      await removal.end()
      throw error
    }
    await leases.finishRemoval(async () => {
      await tags.change(() => {
        catalog.removeRepository(this.name)
        leases.forgetRemoval(this.name)
      })
      await removal.end()
    })
  }

  #has(descriptor: Descriptor): boolean {
    const { catalog } = this.#store
    const { digest } = descriptor
    return isDocument(descriptor)
      ? catalog.content.findManifest(this.name, digest) !== undefined
      : catalog.content.hasBlob(this.name, digest)
  }
}

function notThere({ digest }: Descriptor, repository: string): ContentError {
  return new ContentError("CONTENT_NOT_FOUND", `${digest} is not in ${repository}`, {
    hint: "push it before it gets a tag",
  })
}

function checkTag(tag: string): string {
  if (isTag(tag)) return tag
  throw new OciError("INVALID_REFERENCE", `"${tag.slice(0, 160)}" is not a tag`, {
    hint: "a tag is at most 128 letters, digits, . _ and -, and begins with none of . and -",
  })
}
