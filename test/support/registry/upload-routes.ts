import { type Digest, digestAlgorithm, isDigest } from "../../../src/oci/digest.ts"
import { answerError } from "./http-server.ts"
import type { Upload } from "./storage.ts"
import type { RegistryRequest } from "./test-registry.ts"

/** `/v2/<name>/blobs/uploads/…`: open, mount, send, ask, cancel. */
export async function handleUpload(call: RegistryRequest): Promise<void> {
  const { request, response, storage, options, rest } = call
  const length = Number(request.headers["content-length"] ?? 0)
  if (options.maxRequest !== undefined && length > options.maxRequest) {
    return answerError(response, 413, "SIZE_INVALID", "request too large")
  }
  if (request.method === "POST" && rest === "") return open(call)
  const upload = storage.uploads.get(rest)
  if (upload === undefined) return answerError(response, 404, "BLOB_UPLOAD_UNKNOWN")
  const turn = upload.turn.then(() => serve(call, upload))
  upload.turn = turn.catch(() => undefined)
  return turn
}

async function open(call: RegistryRequest): Promise<void> {
  const { response, url, repository, storage, options } = call
  const mount = url.searchParams.get("mount")
  const from = url.searchParams.get("from")
  if (options.mounts !== false && mount !== null && from !== null && storage.hasBlob(from, mount)) {
    storage.repository(repository).blobs.add(mount)
    response.writeHead(201, { location: `/v2/${repository}/blobs/${mount}` }).end()
    return
  }
  accepted(call, await storage.openUpload(), 202)
}

async function serve(call: RegistryRequest, upload: Upload): Promise<void> {
  const { request, storage, response } = call
  if (request.method === "GET") return accepted(call, upload, 204)
  if (request.method === "PATCH") return append(call, upload)
  if (request.method === "PUT") return finish(call, upload)
  await storage.cancelUpload(upload)
  response.writeHead(204).end()
}

async function append(call: RegistryRequest, upload: Upload): Promise<void> {
  const { request, response } = call
  const start = /^([0-9]+)-/.exec(request.headers["content-range"] ?? "")?.[1]
  if (start !== undefined && Number(start) !== upload.size) return answerError(response, 416, "RANGE_INVALID")
  await receive(call, upload)
  accepted(call, upload, 202)
}

async function finish(call: RegistryRequest, upload: Upload): Promise<void> {
  const { request, response, url, repository, storage, options } = call
  const digest = url.searchParams.get("digest") ?? ""
  if (!isDigest(digest)) return answerError(response, 400, "DIGEST_INVALID")
  if (options.refuseWhole !== undefined && Number(request.headers["content-length"]) > 0) {
    return answerError(response, options.refuseWhole, "UNSUPPORTED")
  }
  await receive(call, upload)
  if ((await upload.digest(digestAlgorithm(digest))) !== digest) {
    await storage.cancelUpload(upload)
    return answerError(response, 400, "DIGEST_INVALID", "provided digest did not match uploaded content")
  }
  await storage.finishUpload(upload, digest as Digest, repository)
  response
    .writeHead(201, { location: `/v2/${repository}/blobs/${digest}`, "docker-content-digest": digest })
    .end()
}

async function receive({ request, entry, storage, options }: RegistryRequest, upload: Upload): Promise<void> {
  const before = upload.size
  try {
    await upload.append(request)
  } catch (error) {
    if (options.forgetful) await storage.cancelUpload(upload)
    throw error
  } finally {
    entry.received = upload.size - before
  }
}

function accepted({ response, repository, options }: RegistryRequest, upload: Upload, status: number): void {
  const path = `/v2/${repository}/blobs/uploads/${upload.id}?state=${upload.size}%2Fkept`
  const last = options.stuckRange ? Math.min(upload.size, 1) : upload.size
  response
    .writeHead(status, {
      location: options.uploadLocation?.(path) ?? path,
      range: `0-${Math.max(0, last - 1)}`,
      "content-length": 0,
      ...(options.minChunk ? { "oci-chunk-min-length": String(options.minChunk) } : {}),
    })
    .end()
}
