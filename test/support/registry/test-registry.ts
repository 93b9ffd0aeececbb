import type { IncomingMessage, ServerResponse } from "node:http"
import { setImmediate } from "node:timers/promises"
import { challenge, type NeededAccess, type RegistryAuth } from "./access.ts"
import { handleBlob } from "./blob-routes.ts"
import { answerError, answerJson, type ServerTls, startServer } from "./http-server.ts"
import { handleManifest, handleReferrers, handleTags } from "./manifest-routes.ts"
import { RegistryStorage } from "./storage.ts"
import { handleUpload } from "./upload-routes.ts"

export interface TestRegistryOptions {
  auth?: RegistryAuth | undefined
  tls?: ServerTls | undefined
  /** Tags of a page, at most. Default 100. */
  pageSize?: number | undefined
  /** Whether the referrers API is there. Default true. */
  referrersApi?: boolean | undefined
  /** Whether blobs can be mounted from another repository. Default true. */
  mounts?: boolean | undefined
  /** Bytes of a request over which it is answered 413. */
  maxRequest?: number | undefined
  /** The status that a PUT with a body is refused with. */
  refuseWhole?: number | undefined
  /** Bytes that a chunk has to have, unless it is the last. */
  minChunk?: number | undefined
  /** Whether `Range` stays at the first chunk, as Amazon's registry has it. */
  stuckRange?: boolean | undefined
  /** Whether a broken upload is forgotten at once. */
  forgetful?: boolean | undefined
  /** Whether a tag that is there cannot be put again. */
  immutableTags?: boolean | undefined
  /** Where blobs are downloaded from, instead of from here: `GET` is redirected below that URL. */
  redirectBlobs?: string | undefined
  /** Location of an upload session, of its path. Default: the path itself. */
  uploadLocation?: ((path: string) => string) | undefined
  /** Whether byte ranges are served. Default true. */
  ranges?: boolean | undefined
}

interface LoggedRequest {
  method: string
  /** Path and query. */
  url: string
  status: number
  /** Bytes of its body. */
  received: number
  authorization: string | undefined
  headers: IncomingMessage["headers"]
}

export interface TestRegistry {
  /** `127.0.0.1:PORT`, as in a reference. */
  host: string
  origin: string
  storage: RegistryStorage
  log: LoggedRequest[]
  /** Logged requests whose `METHOD url` fits. */
  requests(pattern: RegExp): LoggedRequest[]
  /** Until all that came, also from who is gone, is done with. */
  idle(): Promise<void>
  close(): Promise<void>
}

export interface RegistryRequest {
  request: IncomingMessage
  response: ServerResponse
  entry: LoggedRequest
  url: URL
  repository: string
  /** What follows the collection's name in the path. */
  rest: string
  storage: RegistryStorage
  options: TestRegistryOptions
}

const ROUTES = [
  { pattern: /^\/v2\/(.+)\/blobs\/uploads\/(.*)$/, handle: handleUpload },
  { pattern: /^\/v2\/(.+)\/blobs\/([^/]+)$/, handle: handleBlob },
  { pattern: /^\/v2\/(.+)\/manifests\/([^/]+)$/, handle: handleManifest },
  { pattern: /^\/v2\/(.+)\/tags\/(list)$/, handle: handleTags },
  { pattern: /^\/v2\/(.+)\/referrers\/([^/]+)$/, handle: handleReferrers },
]

/** A small but honest registry (distribution-spec 1.1) for tests, which keeps a log of what it was asked. */
export async function startRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const storage = await RegistryStorage.create()
  const log: LoggedRequest[] = []
  const open = new Set<ServerResponse>()
  const server = await startServer(async (request, response) => {
    const entry = logged(request)
    log.push(entry)
    open.add(response)
    response.once("close", () => {
      entry.status = response.headersSent ? response.statusCode : 0
    })
    await route(request, response, entry, storage, options).finally(() => open.delete(response))
  }, options.tls)
  return {
    host: server.host,
    origin: server.origin,
    storage,
    log,
    requests: (pattern) => log.filter(({ method, url }) => pattern.test(`${method} ${url}`)),
    async idle() {
      let seen: number
      do {
        seen = log.length
        // What lies ready at the sockets is read within a turn.
        await setImmediate()
      } while (open.size > 0 || log.length > seen)
    },
    async close() {
      await server.close()
      await storage.remove()
    },
  }
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  entry: LoggedRequest,
  storage: RegistryStorage,
  options: TestRegistryOptions,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost")
  if (url.pathname === "/v2/") {
    const refused = challenge(options.auth, request, [])
    return refused ? refuse(response, refused) : answerJson(response, 200, {})
  }
  for (const { pattern, handle } of ROUTES) {
    const match = pattern.exec(url.pathname)
    if (match === null) continue
    const [, repository = "", rest = ""] = match
    const refused = challenge(options.auth, request, neededAccess(request, url, repository))
    if (refused) return refuse(response, refused)
    return handle({
      request,
      response,
      entry,
      url,
      repository,
      rest: decodeURIComponent(rest),
      storage,
      options,
    })
  }
  answerError(response, 404, "NAME_UNKNOWN")
}

function refuse(response: ServerResponse, challenge: string): void {
  answerError(response, 401, "UNAUTHORIZED", "authentication required", { "www-authenticate": challenge })
}

function neededAccess(request: IncomingMessage, url: URL, repository: string): NeededAccess[] {
  const writes = request.method !== "GET" && request.method !== "HEAD"
  const needed: NeededAccess[] = [{ repository, action: writes ? "push" : "pull" }]
  const from = url.searchParams.get("from")
  return from === null ? needed : [...needed, { repository: from, action: "pull" }]
}

function logged(request: IncomingMessage): LoggedRequest {
  return {
    method: request.method ?? "",
    url: request.url ?? "",
    status: 0,
    received: 0,
    authorization: request.headers.authorization,
    headers: request.headers,
  }
}
