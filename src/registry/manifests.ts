import { ContentError } from "../content/content-error.ts"
import type { ContentBody } from "../content/interfaces.ts"
import { collect } from "../content/read-document.ts"
import { discard, header } from "../http/message.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { type Digest, digestAlgorithm, digestOf, isDigest } from "../oci/digest.ts"
import { MAX_DOCUMENT_SIZE } from "../oci/json.ts"
import { detectMediaType, parseManifest } from "../oci/manifest.ts"
import { ACCEPTED_MANIFESTS } from "../oci/media-types.ts"
import { RegistryError } from "./registry-error.ts"
import type { RepositoryCalls } from "./repository-calls.ts"

/** Content types that say nothing of a manifest: it has to say itself what it is. */
const GENERIC = ["", "application/json", "application/octet-stream", "text/plain"]

export interface FetchedManifest {
  descriptor: Descriptor
  bytes: Uint8Array
}

/**
 * Gets a manifest by tag or digest. Its digest is computed from its bytes; where the registry states one too, they
 * have to agree. `undefined` where it is not there.
 */
export async function getManifest(
  repository: RepositoryCalls,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<FetchedManifest | undefined> {
  const what = `${repository.title}${isDigest(reference) ? "@" : ":"}${reference}`
  const headers = { accept: ACCEPTED_MANIFESTS.join(", "), "accept-encoding": "identity" }
  const answer = await repository.getDocument(
    { path: `manifests/${reference}`, headers, signal },
    MAX_DOCUMENT_SIZE,
  )
  if (answer === undefined) return undefined
  const { response, bytes } = answer
  if (bytes === undefined) {
    throw new ContentError(
      "DOCUMENT_TOO_LARGE",
      `${what} is a manifest of more than ${MAX_DOCUMENT_SIZE} bytes, which is refused`,
    )
  }
  const stated = header(response, "docker-content-digest")
  const expected = isDigest(reference)
    ? reference
    : stated !== undefined && isDigest(stated)
      ? stated
      : undefined
  const digest = checkDigest(what, bytes, expected)
  const type = (header(response, "content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? ""
  const mediaType = GENERIC.includes(type) ? detectMediaType(bytes, what) : type
  parseManifest(bytes, mediaType, what)
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes }
}

/** Stores a manifest under its digest. */
export async function pushManifest(
  repository: RepositoryCalls,
  descriptor: Descriptor,
  body: ContentBody,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (descriptor.size > MAX_DOCUMENT_SIZE) {
    throw new ContentError(
      "DOCUMENT_TOO_LARGE",
      `${descriptor.digest} is a manifest of ${descriptor.size} bytes; at most ${MAX_DOCUMENT_SIZE} are sent`,
    )
  }
  const bytes = await collect(body(0))
  if (bytes.length !== descriptor.size) {
    throw new ContentError(
      "SIZE_MISMATCH",
      `the source gives ${bytes.length} bytes of ${descriptor.digest}, its descriptor says ${descriptor.size}`,
    )
  }
  checkDigest("the source's manifest", bytes, descriptor.digest)
  await putManifest(repository, descriptor.digest, descriptor.mediaType, bytes, signal)
}

/** Stores a manifest's exact bytes under a digest or a tag. */
async function putManifest(
  repository: RepositoryCalls,
  reference: string,
  mediaType: string,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const response = await repository.call({
    method: "PUT",
    path: `manifests/${reference}`,
    actions: "pull,push",
    headers: { "content-type": mediaType },
    body: bytes,
    signal,
  })
  await discard(response)
}

/** Points a tag at a manifest that is there. One that may not be changed, and points there already, counts as done. */
export async function tagManifest(
  repository: RepositoryCalls,
  descriptor: Descriptor,
  tag: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const manifest = await getManifest(repository, descriptor.digest, signal)
  if (manifest === undefined) {
    throw new ContentError(
      "CONTENT_NOT_FOUND",
      `${repository.title} does not hold ${descriptor.digest}, to be tagged ${tag}`,
    )
  }
  try {
    await putManifest(repository, tag, descriptor.mediaType, manifest.bytes, signal)
  } catch (error) {
    if (!(error instanceof RegistryError) || error.transient || error.status === undefined) throw error
    const present = await getManifest(repository, tag, signal).catch(() => undefined)
    if (present === undefined || Buffer.compare(present.bytes, manifest.bytes) !== 0) throw error
  }
}

function checkDigest(what: string, bytes: Uint8Array, expected: Digest | undefined): Digest {
  if (expected === undefined) return digestOf(bytes)
  const found = digestOf(bytes, digestAlgorithm(expected))
  if (found === expected) return found
  throw new ContentError("DIGEST_MISMATCH", `${what}: expected ${expected}, found ${found}`, {
    hint: "the manifest was altered or damaged on its way; try again, and look for a proxy that changes content",
  })
}
