import { isRepository } from "../../oci/reference.ts"
import { RegistryRefusal } from "./registry-refusal.ts"

/** What a request is about (distribution-spec 1.1, Endpoints). */
export type Route =
  | { kind: "base" }
  | { kind: "catalog" }
  | { kind: "tags"; name: string }
  | { kind: "manifest"; name: string; reference: string }
  | { kind: "blob"; name: string; digest: string }
  | { kind: "uploads"; name: string }
  | { kind: "upload"; name: string; id: string }
  | { kind: "referrers"; name: string; digest: string }

/** Repository and host together should stay below 255 characters: clients refuse more (distribution-spec 1.1). */
export const MAX_NAME_LENGTH = 255

const PATTERNS: readonly [RegExp, (name: string, last: string) => Route][] = [
  [/^\/v2\/(.+)\/tags\/list()$/s, (name) => ({ kind: "tags", name })],
  [/^\/v2\/(.+)\/blobs\/uploads\/?()$/s, (name) => ({ kind: "uploads", name })],
  [/^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/s, (name, id) => ({ kind: "upload", name, id })],
  [/^\/v2\/(.+)\/blobs\/([^/]+)$/s, (name, digest) => ({ kind: "blob", name, digest })],
  [/^\/v2\/(.+)\/manifests\/([^/]+)$/s, (name, reference) => ({ kind: "manifest", name, reference })],
  [/^\/v2\/(.+)\/referrers\/([^/]+)$/s, (name, digest) => ({ kind: "referrers", name, digest })],
]

/** Every kind of route there is. */
export const ROUTE_KINDS: readonly Route["kind"][] = [
  "base",
  "catalog",
  ...PATTERNS.map(([, route]) => route("", "").kind),
]

/** Whether a path is a registry's. */
export function isRegistryPath(url: string): boolean {
  return /^\/v2(?:[/?]|$)/.test(url)
}

/** Parses a path. Nothing in it is a file name: names are checked, and never climb. Throws `NAME_INVALID`, `UNSUPPORTED`. */
export function parseRoute(path: string): Route {
  if (path === "/v2" || path === "/v2/") return { kind: "base" }
  const decoded = decode(path)
  if (decoded === "/v2/_catalog") return { kind: "catalog" }
  for (const [pattern, route] of PATTERNS) {
    const found = pattern.exec(decoded)
    if (found === null) continue
    const [, name = "", last = ""] = found
    if (name.length > MAX_NAME_LENGTH || !isRepository(name)) {
      throw new RegistryRefusal("NAME_INVALID", "that is not the name of a repository", {
        hint: "it is lower-case words with . _ - between them, in parts divided by /",
      })
    }
    return route(name, last)
  }
  throw new RegistryRefusal("UNSUPPORTED", "there is nothing at this path", { status: 404 })
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new RegistryRefusal("NAME_INVALID", "that path is not encoded as it must be")
  }
}
