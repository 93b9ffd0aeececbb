import { ContentError } from "../content/content-error.ts"
import type {
  ContentBody,
  ContentSource,
  ContentTarget,
  FetchOptions,
  OperationOptions,
} from "../content/interfaces.ts"
import { breakOff, discard, header } from "../http/message.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { type Digest, isDigest } from "../oci/digest.ts"
import { isManifestMediaType } from "../oci/media-types.ts"
import { isTag } from "../oci/reference.ts"
import { BlobUpload } from "./blob-upload.ts"
import { download } from "./download.ts"
import { getManifest, pushManifest, tagManifest } from "./manifests.ts"
import { listReferrers } from "./referrers.ts"
import { RegistryError } from "./registry-error.ts"
import type { RegistryHost } from "./registry-host.ts"
import { type Actions, RepositoryCalls } from "./repository-calls.ts"
import { listTags } from "./tag-list.ts"
import { UploadSession } from "./upload-session.ts"

/** A repository of a registry, by OCI distribution-spec 1.1. All methods throw `RegistryError` besides what they name. */
export class Repository implements ContentSource, ContentTarget {
  readonly registry: string
  readonly name: string
  readonly #calls: RepositoryCalls
  /** Uploads that a mount has opened instead of mounting, for the next push of that digest. */
  readonly #opened = new Map<Digest, UploadSession>()

  constructor(host: RegistryHost, name: string) {
    this.registry = host.registry
    this.name = name
    this.#calls = new RepositoryCalls(host, name)
  }

  /**
   * Resolves a tag or digest to the manifest's type, digest and size, all taken from its bytes and not from what
   * headers say. Throws `CONTENT_NOT_FOUND`, `DIGEST_MISMATCH`, `DOCUMENT_TOO_LARGE` (over 4 MiB),
   * `UNSUPPORTED_MEDIA_TYPE` (schema 1) and `INVALID_DOCUMENT`.
   */
  async resolve(reference: string, options: OperationOptions = {}): Promise<Descriptor> {
    const name = `${this.#calls.title}${isDigest(reference) ? "@" : ":"}${reference}`
    const valid = isDigest(reference) || isTag(reference)
    const manifest = valid ? await getManifest(this.#calls, reference, options.signal) : undefined
    if (manifest !== undefined) return manifest.descriptor
    throw new ContentError("CONTENT_NOT_FOUND", `${name} is not there`, {
      hint: "check the name and the tag; a private repository may also ask for a login",
    })
  }

  /** A broken transfer goes on from the byte it reached. A part comes unverified. */
  fetch(descriptor: Descriptor, options: FetchOptions = {}): AsyncIterable<Uint8Array> {
    return download(this.#calls, descriptor, options)
  }

  /**
   * Asks as one who pushes: with the token that a following push needs as well. With `actions` for `pull` alone, a registry
   * that keeps what pushers ask for hears of nothing to be kept.
   */
  async exists(
    descriptor: Descriptor,
    { signal, actions = "pull,push" }: OperationOptions & { actions?: Actions } = {},
  ): Promise<boolean> {
    const kind = isManifestMediaType(descriptor.mediaType) ? "manifests" : "blobs"
    const request = {
      path: `${kind}/${descriptor.digest}`,
      actions,
      headers: { accept: kind === "manifests" ? descriptor.mediaType : "*/*" },
      accept: [404, 405],
      signal,
    } as const
    let response = await this.#calls.call({ method: "HEAD", ...request })
    await discard(response)
    if (response.status === 405) {
      response = await this.#calls.call({ method: "GET", ...request })
      breakOff(response)
    }
    const length = header(response, "content-length")
    // Of another length it is not this content, whatever it is.
    return response.status === 200 && (length === undefined || Number(length) === descriptor.size)
  }

  /** Throws `CANNOT_REWIND` if the upload has to begin again and the body cannot. */
  async push(descriptor: Descriptor, body: ContentBody, options: OperationOptions = {}): Promise<void> {
    const { signal } = options
    if (isManifestMediaType(descriptor.mediaType)) return pushManifest(this.#calls, descriptor, body, signal)
    const session = this.#opened.get(descriptor.digest)
    this.#opened.delete(descriptor.digest)
    const exists = () => this.exists(descriptor, options)
    await new BlobUpload({ repository: this.#calls, descriptor, body, session, exists, signal }).run()
  }

  /** The size of a blob, in bytes; `undefined` where it is not there, or its size is not told. Asked as one who pushes. */
  async sizeOf(digest: Digest, { signal }: OperationOptions = {}): Promise<number | undefined> {
    const response = await this.#calls.call({
      method: "HEAD",
      path: `blobs/${digest}`,
      actions: "pull,push",
      accept: [404],
      signal,
    })
    await discard(response)
    const length = header(response, "content-length")
    return response.status === 200 && length !== undefined ? Number(length) : undefined
  }

  /** Opens an upload for a caller that sends the parts itself; with a location, goes on with the one there. */
  async openUpload(location?: URL, { signal }: OperationOptions = {}): Promise<UploadSession> {
    return location === undefined
      ? UploadSession.open(this.#calls, signal)
      : UploadSession.at(this.#calls, location)
  }

  async tag(descriptor: Descriptor, tag: string, options: OperationOptions = {}): Promise<void> {
    await tagManifest(this.#calls, descriptor, tag, options.signal)
  }

  async mount(
    descriptor: Descriptor,
    fromRepository: string | null,
    options: OperationOptions = {},
  ): Promise<boolean> {
    // Without `from` the registry may look by itself (distribution-spec 1.1, Mounting a blob from another repository).
    const from = fromRepository === null ? "" : `&from=${encodeURIComponent(fromRepository)}`
    const query = `mount=${descriptor.digest}${from}`
    try {
      const response = await this.#calls.call({
        method: "POST",
        path: `blobs/uploads/?${query}`,
        actions: "pull,push",
        from: fromRepository ?? undefined,
        signal: options.signal,
      })
      await discard(response)
      if (response.status === 201) return true
      if (response.status === 202)
        this.#opened.set(descriptor.digest, new UploadSession(this.#calls, response))
      return false
    } catch (error) {
      // Registries refuse mounts in many ways; sending the blob is always another.
      if (error instanceof RegistryError && error.status !== undefined && !error.transient) return false
      throw error
    }
  }

  /** Tags, in the registry's order. */
  tags(options: OperationOptions = {}): AsyncIterable<string> {
    return listTags(this.#calls, options.signal)
  }

  /** Manifests that refer to this one, of one artifact type or of all. */
  referrers(
    descriptor: Descriptor,
    artifactType?: string,
    options: OperationOptions = {},
  ): Promise<Descriptor[]> {
    return listReferrers(this.#calls, descriptor, artifactType, options.signal)
  }
}
