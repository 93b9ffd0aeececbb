import type { Descriptor } from "../oci/descriptor.ts"
import type { Digest, DigestAlgorithm } from "../oci/digest.ts"
import type { Manifest } from "../oci/manifest.ts"
import type { OperationOptions } from "./interfaces.ts"
import type { RandomAccess } from "./random-access.ts"

/** A part of a list: what comes after a name, at most so many. */
export interface TagPage {
  after?: string | undefined
  limit?: number | undefined
}

/** Content that somebody else gives, to whoever asks there: a place in a store of objects, signed where it has to be. */
export interface ContentElsewhere {
  location: URL
}

/** What a registry needs to serve one repository. Only what belongs to the repository is found in it. */
export interface ServedRepository {
  /** Opens what was found, or says where it is to be had. Throws `CONTENT_NOT_FOUND` where it has gone since. */
  open(descriptor: Descriptor): Promise<RandomAccess | ContentElsewhere>
  /** By tag or digest. */
  findManifest(reference: string): Promise<Descriptor | undefined>
  /** The media type of a blob is not known. */
  findBlob(digest: Digest): Promise<Descriptor | undefined>
  /** In order of their bytes. */
  listTags(page?: TagPage): Promise<string[]>
  /**
   * Manifests whose subject is this one, as distribution-spec 1.1, Listing Referrers, describes them. In order of their
   * digests, those after `after`; one by one, since each may carry megabytes of annotations.
   */
  listReferrers(subject: Digest, after?: string): AsyncIterable<Descriptor>
  /** Whether content is `root` or is needed by it, however deep. */
  reaches(root: Digest, digest: Digest): Promise<boolean>
}

/**
 * An upload under way, which outlives the process. One caller at a time works on it: `append` and `commit` throw
 * `UPLOAD_CHANGED` when another one did since it was found.
 */
export interface Upload {
  readonly id: string
  /** Bytes that are kept. */
  readonly size: number
  /** Adds bytes at the end, `length` of them where that is known. When it fails, what came before is kept. Throws `NO_SPACE`. */
  append(chunks: AsyncIterable<Uint8Array>, length?: number): Promise<void>
  /**
   * Makes all that came the blob of this digest, and ends the upload. Throws `DIGEST_MISMATCH`, and then the upload is
   * gone.
   */
  commit(digest: Digest): Promise<void>
  cancel(): Promise<void>
}

/** What a change is bound to. */
export interface Condition {
  /** A tag or a digest. */
  reference: string
  /** Asked within the change itself, with what the reference names until then. What it throws leaves everything as it was. */
  check(present: Digest | undefined): void
}

export interface NewManifest {
  descriptor: Descriptor
  bytes: Uint8Array
  manifest: Manifest
  tags: readonly string[]
}

export interface RemovalOptions {
  /** Asked while nothing new can come to need the content: what it throws keeps the content there. */
  check?: (() => Promise<void>) | undefined
  condition?: Condition | undefined
}

export interface PutOptions extends OperationOptions {
  condition?: Condition | undefined
}

/** What a registry needs to take content into a repository. */
export interface WritableRepository extends ServedRepository {
  /** Finds a manifest, and keeps it from being collected while a push that relies on it is under way. */
  claimManifest(reference: string): Promise<Descriptor | undefined>
  /** The same of a blob. */
  claimBlob(digest: Digest): Promise<Descriptor | undefined>
  /** The repositories that have a blob, some of them where there are many. */
  holders(digest: Digest): Promise<string[]>
  /** Takes a blob over from another repository, which is not asked who may read it; `false` where it is not there. */
  mountBlob(digest: Digest, from: string): Promise<boolean>
  /** A new upload, by a UUID that nobody had before. The algorithm of the digest that it is expected to end with only saves time. */
  beginUpload(id: string, algorithm?: DigestAlgorithm): Promise<Upload>
  findUpload(id: string): Promise<Upload | undefined>
  /**
   * Stores a manifest with its tags. Throws `TAG_LIMIT`, and `CONTENT_MISSING` naming what it refers to and the repository lacks: its
   * subject and layers that are kept elsewhere may be missing.
   */
  putManifest(manifest: NewManifest, options?: PutOptions): Promise<void>
  /** A manifest that needs this content, and that no other of the repository needs: the content itself, where none does. */
  rootOf(digest: Digest): Promise<Digest>
  /** With all tags that point to it. Throws `CONTENT_IN_USE` for one that an index of the repository needs. `false` where it is not there. */
  removeManifest(digest: Digest, options?: RemovalOptions): Promise<boolean>
  removeTag(tag: string, options?: Pick<RemovalOptions, "condition">): Promise<boolean>
  /** Throws `CONTENT_IN_USE` for a blob that a manifest of the repository needs. `false` where it is not there. */
  removeBlob(digest: Digest, options?: RemovalOptions): Promise<boolean>
}
