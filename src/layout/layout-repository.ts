import { abortable } from "../content/abortable.ts"
import { ContentError } from "../content/content-error.ts"
import type {
  ContentBody,
  ContentSource,
  ContentTarget,
  FetchOptions,
  OperationOptions,
} from "../content/interfaces.ts"
import { bodyOf, collect, readDocument } from "../content/read-document.ts"
import { verified } from "../content/verifying-reader.ts"
import { hasCode } from "../errors/system-error.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { type Digest, isDigest } from "../oci/digest.ts"
import { MAX_DOCUMENT_SIZE } from "../oci/json.ts"
import { parseManifest } from "../oci/manifest.ts"
import { isManifestMediaType } from "../oci/media-types.ts"
import { OciError } from "../oci/oci-error.ts"
import { isRepository, isTag } from "../oci/reference.ts"
import { withNames, withoutNames } from "./index-file.ts"
import type { StoreFiles } from "./store-files.ts"

/** In milliseconds: how often a push that goes on says so to whoever collects garbage. */
const TOUCH_STEP = 60_000

/**
 * One repository of a content store, for those who own the store. Blobs are those of the whole store; a tag is the
 * entry of `index.json` named `<repository>:<tag>`, so that other tools read `oci:ROOT:<repository>:<tag>`. Such a
 * name fits the grammar of `org.opencontainers.image.ref.name` (image-spec 1.1, annotations.md), except for a
 * tag with a separator at its beginning or end or two in a row: that one only Waybill finds by name.
 */
export class LayoutRepository implements ContentSource, ContentTarget {
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
    const name = this.#refName(reference)
    const found = (await this.#store.tags.read()).get(name)
    if (found !== undefined) return found
    throw new ContentError("CONTENT_NOT_FOUND", `${name} is not in ${this.#store.root}`)
  }

  fetch(descriptor: Descriptor, options?: FetchOptions): AsyncIterable<Uint8Array> {
    return this.#store.blobs.fetch(descriptor, options)
  }

  /** What is anywhere in the store becomes this repository's by being asked for. */
  async exists(descriptor: Descriptor, options: OperationOptions = {}): Promise<boolean> {
    options.signal?.throwIfAborted()
    const { blobs, catalog, now } = this.#store
    if (!(await blobs.exists(descriptor)) || catalog.isDamaged(descriptor.digest)) return false
    const kind = isManifestMediaType(descriptor.mediaType) ? "manifests" : "blobs"
    const add = await this.#adding(descriptor, () => readDocument(this, descriptor, options)).catch(
      (error) => {
        if (!hasCode(error, "DIGEST_MISMATCH")) throw error
      },
    )
    // A damaged manifest is replaced like one that is missing.
    if (add === undefined) return false
    if (catalog.isClaimed(kind, this.name, descriptor.digest, now())) return true
    return catalog.transaction(() => {
      // It may have been collected since.
      if (catalog.isCondemned(descriptor.digest) || !blobs.isFile(descriptor.digest)) return false
      add()
      return true
    })
  }

  /** Stores content; where it is there already, the body is not read. Throws `NO_SPACE` besides what the port names. */
  async push(descriptor: Descriptor, body: ContentBody, options: OperationOptions = {}): Promise<void> {
    if (await this.exists(descriptor, options)) return
    const { blobs, catalog, ingest } = this.#store
    let chunks: AsyncIterable<Uint8Array> = verified(
      descriptor,
      this.#touching(abortable(body(0), options.signal)),
      "the content sent to the store",
    )
    const add = await this.#adding(descriptor, async () => {
      const bytes = await collect(chunks)
      chunks = bodyOf(bytes)(0)
      return bytes
    })
    await ingest.write(blobs.path(descriptor.digest), chunks, (move) =>
      catalog.transaction(() => {
        move()
        catalog.forgetDamage(descriptor.digest)
        add()
      }),
    )
  }

  tag(descriptor: Descriptor, tag: string, options?: OperationOptions): Promise<void> {
    return this.tagAll(new Map([[tag, descriptor]]), options)
  }

  /**
   * Points many tags at manifests that are there, all or none of them, in one rewrite of `index.json`.
   * Throws `CONTENT_NOT_FOUND` for a manifest that is not there, `INVALID_REFERENCE` for what cannot be a tag.
   */
  async tagAll(tags: ReadonlyMap<string, Descriptor>, options: OperationOptions = {}): Promise<void> {
    const names = new Map<string, Descriptor>()
    for (const [tag, descriptor] of tags) {
      names.set(this.#refName(tag), descriptor)
      if (await this.exists(descriptor, options)) continue
      throw this.#missing(descriptor.digest)
    }
    await this.#store.tags.change((index) => {
      for (const { digest } of tags.values()) {
        // It may have been collected since.
        if (!this.#store.catalog.isHeld(digest)) throw this.#missing(digest)
      }
      return withNames(index, names)
    }, options)
  }

  /** Takes tags away, unless they point to something else by now. */
  async untag(tags: ReadonlyMap<string, Descriptor>, options: OperationOptions = {}): Promise<void> {
    const names = new Map([...tags].map(([tag, { digest }]) => [this.#refName(tag), digest]))
    await this.#store.tags.change(
      (index) => withoutNames(index, (name, entry) => names.get(name) === entry.digest),
      options,
    )
  }

  /** Takes all tags of the repository away. */
  async untagAll(options: OperationOptions = {}): Promise<void> {
    await this.#store.tags.change(
      (index) => withoutNames(index, (name) => name.startsWith(`${this.name}:`)),
      options,
    )
  }

  /** A large blob may take longer than what came before it is kept for. */
  async *#touching(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const { catalog, now } = this.#store
    let touched = now()
    for await (const chunk of chunks) {
      if (now() - touched >= TOUCH_STEP) {
        touched = now()
        catalog.transaction(() => catalog.touch(this.name, touched))
      }
      yield chunk
    }
  }

  /** Makes what gives content to the repository in a transaction. A manifest is read for that. */
  async #adding(descriptor: Descriptor, read: () => Promise<Uint8Array>): Promise<() => void> {
    const { catalog, now } = this.#store
    if (!isManifestMediaType(descriptor.mediaType) || descriptor.size > MAX_DOCUMENT_SIZE) {
      return () => catalog.addBlob(this.name, descriptor.digest, now())
    }
    const manifest = parseManifest(await read(), descriptor.mediaType, descriptor.digest)
    return () => catalog.addManifest(this.name, descriptor, manifest, now())
  }

  #missing(digest: Digest): ContentError {
    return new ContentError("CONTENT_NOT_FOUND", `${digest} is not in ${this.#store.root}`, {
      hint: "push it before it gets a tag",
    })
  }

  #refName(tag: string): string {
    if (isTag(tag)) return `${this.name}:${tag}`
    throw new OciError("INVALID_REFERENCE", `"${tag.slice(0, 160)}" is not a tag`, {
      hint: "a tag is at most 128 letters, digits, . _ and -, and begins with none of . and -",
    })
  }
}
