import { type Digest, digestOf, isDigest } from "../../../src/oci/digest.ts"
import { answerError, answerJson, readBody } from "./http-server.ts"
import type { StoredManifest, StoredRepository } from "./storage.ts"
import type { RegistryRequest } from "./test-registry.ts"

interface ManifestDocument {
  artifactType?: string
  config?: { digest: string; mediaType: string }
  layers?: { digest: string; mediaType: string; urls?: string[] }[]
  manifests?: { digest: string }[]
  subject?: { digest: string }
  annotations?: Record<string, string>
}

/** `/v2/<name>/manifests/<tag or digest>`. */
export async function handleManifest(call: RegistryRequest): Promise<void> {
  const { request, response, repository, rest: reference, storage } = call
  const stored = storage.repository(repository)
  if (request.method === "PUT") return put(call, stored)
  const digest = isDigest(reference) ? reference : stored.tags.get(reference)
  const manifest = stored.manifests.get(digest ?? "")
  if (manifest === undefined) return answerError(response, 404, "MANIFEST_UNKNOWN", "manifest unknown")
  response.writeHead(200, {
    "content-type": manifest.mediaType,
    "content-length": manifest.bytes.length,
    "docker-content-digest": digest ?? "",
  })
  response.end(request.method === "HEAD" ? undefined : manifest.bytes)
}

async function put(call: RegistryRequest, stored: StoredRepository): Promise<void> {
  const { request, response, entry, repository, rest: reference, storage, options } = call
  const bytes = await readBody(request)
  entry.received = bytes.length
  const digest = isDigest(reference) ? reference : digestOf(bytes)
  if (digestOf(bytes, digest.startsWith("sha512") ? "sha512" : "sha256") !== digest) {
    return answerError(response, 400, "DIGEST_INVALID")
  }
  const document = JSON.parse(bytes.toString()) as ManifestDocument
  const blobs = [document.config, ...(document.layers ?? []).filter((layer) => !layer.urls)]
  const unknown =
    blobs.find((blob) => blob && !storage.hasBlob(repository, blob.digest)) ??
    document.manifests?.find((child) => !stored.manifests.has(child.digest))
  if (unknown) return answerError(response, 400, "MANIFEST_BLOB_UNKNOWN", `${unknown.digest} is unknown`)
  if (!isDigest(reference)) {
    if (options.immutableTags && stored.tags.has(reference)) {
      return answerError(
        response,
        400,
        "TAG_INVALID",
        "the tag cannot be overwritten because it is immutable",
      )
    }
    stored.tags.set(reference, digest)
  }
  stored.manifests.set(digest, { mediaType: request.headers["content-type"] ?? "", bytes })
  response.writeHead(201, {
    location: `/v2/${repository}/manifests/${digest}`,
    "docker-content-digest": digest,
    ...(document.subject && options.referrersApi !== false ? { "oci-subject": document.subject.digest } : {}),
  })
  response.end()
}

/** `GET /v2/<name>/tags/list`, in pages. */
export async function handleTags({
  response,
  url,
  repository,
  storage,
  options,
}: RegistryRequest): Promise<void> {
  const tags = [...storage.repository(repository).tags.keys()].sort()
  const last = url.searchParams.get("last")
  const rest = last === null ? tags : tags.filter((tag) => tag > last)
  const page = rest.slice(0, Math.min(Number(url.searchParams.get("n") ?? 100), options.pageSize ?? 100))
  const next = `</v2/${repository}/tags/list?n=${page.length}&last=${page.at(-1)}>; rel="next"`
  answerJson(response, 200, { name: repository, tags: page }, page.length < rest.length ? { link: next } : {})
}

/** `GET /v2/<name>/referrers/<digest>`. */
export async function handleReferrers({
  response,
  url,
  repository,
  rest: subject,
  storage,
  options,
}: RegistryRequest): Promise<void> {
  if (options.referrersApi === false) return answerError(response, 404, "NAME_UNKNOWN")
  const wanted = url.searchParams.get("artifactType")
  const manifests = [...storage.repository(repository).manifests]
    .filter(([, manifest]) => parse(manifest).subject?.digest === subject)
    .map(([digest, manifest]) => describe(digest as Digest, manifest))
    .filter(({ artifactType }) => wanted === null || artifactType === wanted)
  const index = { schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests }
  answerJson(response, 200, index, { "content-type": "application/vnd.oci.image.index.v1+json" })
}

function describe(digest: Digest, manifest: StoredManifest) {
  const { artifactType, config, annotations } = parse(manifest)
  return {
    mediaType: manifest.mediaType,
    digest,
    size: manifest.bytes.length,
    artifactType: artifactType ?? config?.mediaType,
    ...(annotations ? { annotations } : {}),
  }
}

function parse(manifest: StoredManifest): ManifestDocument {
  return JSON.parse(manifest.bytes.toString()) as ManifestDocument
}
