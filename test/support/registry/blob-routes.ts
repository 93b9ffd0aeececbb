import { pipeline } from "node:stream/promises"
import { answerError } from "./http-server.ts"
import type { RegistryRequest } from "./test-registry.ts"

/** `HEAD` and `GET /v2/<name>/blobs/<digest>`. */
export async function handleBlob(call: RegistryRequest): Promise<void> {
  const { request, response, repository, rest: digest, storage, options } = call
  if (!storage.hasBlob(repository, digest)) return answerError(response, 404, "BLOB_UNKNOWN")
  if (request.method === "GET" && options.redirectBlobs !== undefined) {
    response
      .writeHead(307, { location: `${options.redirectBlobs}/v2/${repository}/blobs/${digest}?signed=1` })
      .end()
    return
  }
  const size = await storage.blobSize(digest)
  const asked =
    options.ranges === false ? null : /^bytes=([0-9]+)-([0-9]*)$/.exec(request.headers.range ?? "")
  const start = Number(asked?.[1] ?? 0)
  const end = Math.min(size - 1, asked?.[2] ? Number(asked[2]) : size - 1)
  if (asked && start >= size) return answerError(response, 416, "RANGE_INVALID")
  response.writeHead(asked ? 206 : 200, {
    "content-type": "application/octet-stream",
    "content-length": end - start + 1,
    "docker-content-digest": digest,
    ...(asked ? { "content-range": `bytes ${start}-${end}/${size}` } : {}),
  })
  if (request.method === "HEAD" || size === 0) response.end()
  // A reader that goes away is no fault of the registry.
  else await pipeline(storage.readBlob(digest, start, end), response).catch(() => undefined)
}
