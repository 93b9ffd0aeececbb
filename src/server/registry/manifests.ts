import { describeError } from "../../errors/describe.ts"
import { type Digest, type DigestAlgorithm, digestAlgorithm, digestOf, isDigest } from "../../oci/digest.ts"
import { MAX_DOCUMENT_SIZE } from "../../oci/json.ts"
import { detectMediaType, type Manifest, parseManifest } from "../../oci/manifest.ts"
import { OciError } from "../../oci/oci-error.ts"
import { isTag } from "../../oci/reference.ts"
import { conditionOf } from "./conditions.ts"
import type { Exchange } from "./exchange.ts"
import type { OpenRepository } from "./registry-access.ts"
import { RegistryRefusal } from "./registry-refusal.ts"
import { writable } from "./writable.ts"

/** Of one request (distribution-spec, Pushing Manifests: at least 10). */
const MAX_TAGS = 100

export async function getManifest(
  exchange: Exchange,
  { content, target, only }: OpenRepository,
  reference: string,
): Promise<void> {
  checkReference(reference)
  const isHead = exchange.method === "HEAD"
  // Whoever may push asks so as not to send what is there, and then relies on it.
  const found = await (isHead && target ? target.claimManifest(reference) : content.findManifest(reference))
  if (found === undefined || (only !== undefined && !(await content.reaches(only, found.digest)))) {
    throw new RegistryRefusal("MANIFEST_UNKNOWN", `there is no manifest ${reference} here`)
  }
  await exchange.send(found, () => content.open(found))
}

export async function putManifest(
  exchange: Exchange,
  repository: OpenRepository,
  { name, reference }: { name: string; reference: string },
): Promise<void> {
  checkReference(reference)
  const target = writable(repository)
  const tags = isDigest(reference) ? exchange.query.getAll("tag") : [reference]
  if (tags.length > MAX_TAGS) {
    throw new RegistryRefusal("MANIFEST_INVALID", `more than ${MAX_TAGS} tags at once`, { status: 414 })
  }
  for (const tag of tags) checkTag(tag)
  const bytes = await exchange.read(MAX_DOCUMENT_SIZE)
  const digest = digestOf(bytes, algorithmFor(exchange, reference))
  if (isDigest(reference) && reference !== digest) {
    throw new RegistryRefusal("DIGEST_INVALID", `the manifest has the digest ${digest}`)
  }
  const { mediaType, manifest } = parse(bytes, exchange.header("content-type"))
  const descriptor = { mediaType, digest, size: bytes.length }
  const condition = conditionOf(exchange, reference)
  await target.putManifest({ descriptor, bytes, manifest, tags }, { condition })
  exchange.answer(201, {
    location: `/v2/${name}/manifests/${digest}`,
    "docker-content-digest": digest,
    ...(manifest.subject && { "oci-subject": manifest.subject.digest }),
    ...(isDigest(reference) && tags.length > 0 && { "oci-tag": tags.join(", ") }),
  })
}

export async function deleteManifest(
  exchange: Exchange,
  repository: OpenRepository,
  { reference }: { reference: string },
): Promise<void> {
  checkReference(reference)
  const target = writable(repository)
  const condition = conditionOf(exchange, reference)
  const wasThere = isDigest(reference)
    ? await target.removeManifest(reference, { check: () => checkRemoval(repository, reference), condition })
    : await target.removeTag(reference, { condition })
  if (!wasThere) throw new RegistryRefusal("MANIFEST_UNKNOWN", `there is no manifest ${reference} here`)
  exchange.answer(202)
}

/** Throws `DENIED` for content that must stay. */
export async function checkRemoval(repository: OpenRepository, digest: Digest): Promise<void> {
  await repository.checkRemoval?.(digest)
}

export function checkDigest(text: string): Digest {
  if (isDigest(text)) return text
  throw new RegistryRefusal("DIGEST_INVALID", "that is not a digest", {
    hint: "a digest is sha256: with 64 or sha512: with 128 hex digits in lower case",
  })
}

function checkReference(reference: string): void {
  if (reference.includes(":")) checkDigest(reference)
  else checkTag(reference)
}

function checkTag(text: string): void {
  if (isTag(text)) return
  throw new RegistryRefusal("MANIFEST_INVALID", "that is not a tag", {
    hint: "a tag is at most 128 letters, digits, . _ and -, and begins with none of . and -",
  })
}

/** A manifest that is pushed by its tag has a sha256 digest, unless the client asks for another. */
function algorithmFor({ query }: Exchange, reference: string): DigestAlgorithm {
  if (isDigest(reference)) return digestAlgorithm(reference)
  const asked = query.get("digest-algorithm") ?? query.get("digest")?.split(":")[0]
  return asked === "sha512" ? "sha512" : "sha256"
}

function parse(
  bytes: Uint8Array,
  contentType: string | undefined,
): { mediaType: string; manifest: Manifest } {
  const declared = contentType?.split(";")[0]?.trim() ?? ""
  try {
    const mediaType = declared === "" ? detectMediaType(bytes) : declared
    return { mediaType, manifest: parseManifest(bytes, mediaType) }
  } catch (error) {
    if (!(error instanceof OciError)) throw error
    const { message, hint } = describeError(error)
    throw new RegistryRefusal("MANIFEST_INVALID", message, { hint, cause: error })
  }
}
