import { join } from "node:path"
import { abortable } from "../content/abortable.ts"
import { ContentError } from "../content/content-error.ts"
import type {
  ContentBody,
  ContentSource,
  ContentTarget,
  FetchOptions,
  OperationOptions,
} from "../content/interfaces.ts"
import { bodyOf } from "../content/read-document.ts"
import { verified } from "../content/verifying-reader.ts"
import { type Descriptor, plainDescriptor } from "../oci/descriptor.ts"
import { isDigest } from "../oci/digest.ts"
import { INDEX_FILE } from "../oci/image-layout.ts"
import { OciError } from "../oci/oci-error.ts"
import { isRepository, isTag } from "../oci/reference.ts"
import type { BlobFiles } from "./blob-files.ts"
import { printIndexFile, readIndexFile, refName, withNames } from "./index-file.ts"
import type { Ingest } from "./ingest.ts"
import { withProcessLock } from "./process-lock.ts"

/** The parts of a content store that its repositories share. */
export interface StoreFiles {
  root: string
  lock: string
  blobs: BlobFiles
  ingest: Ingest
}

/**
 * One repository of a content store. Blobs are those of the whole store; a tag is the entry of `index.json` named
 * `<repository>:<tag>`, so that other tools read `oci:ROOT:<repository>:<tag>`. Such a name fits the grammar of
 * `org.opencontainers.image.ref.name` (image-spec 1.1, annotations.md), except for a
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
    const index = await readIndexFile(this.#store.root)
    const found = index.manifests.find((entry) => refName(entry) === name)
    if (found === undefined) {
      throw new ContentError("CONTENT_NOT_FOUND", `${name} is not in ${this.#store.root}`)
    }
    return plainDescriptor(found)
  }

  fetch(descriptor: Descriptor, options?: FetchOptions): AsyncIterable<Uint8Array> {
    return this.#store.blobs.fetch(descriptor, options)
  }

  async exists(descriptor: Descriptor, options: OperationOptions = {}): Promise<boolean> {
    options.signal?.throwIfAborted()
    return this.#store.blobs.exists(descriptor)
  }

  /** Stores content; where it is there already, the body is not read. Throws `NO_SPACE` besides what the port names. */
  async push(descriptor: Descriptor, body: ContentBody, options: OperationOptions = {}): Promise<void> {
    if (await this.exists(descriptor, options)) return
    const chunks = verified(descriptor, abortable(body(0), options.signal), "the content sent to the store")
    await this.#store.ingest.write(this.#store.blobs.path(descriptor.digest), chunks)
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
      throw new ContentError("CONTENT_NOT_FOUND", `${descriptor.digest} is not in ${this.#store.root}`, {
        hint: `push it before it gets the tag ${tag}`,
      })
    }
    const { root, lock, ingest } = this.#store
    await withProcessLock(lock, options.signal, async () => {
      const changed = withNames(await readIndexFile(root), names)
      if (changed) await ingest.write(join(root, INDEX_FILE), bodyOf(printIndexFile(root, changed))(0))
    })
  }

  #refName(tag: string): string {
    if (isTag(tag)) return `${this.name}:${tag}`
    throw new OciError("INVALID_REFERENCE", `"${tag.slice(0, 160)}" is not a tag`, {
      hint: "a tag is at most 128 letters, digits, . _ and -, and begins with none of . and -",
    })
  }
}
