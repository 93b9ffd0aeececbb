import type { IncomingMessage } from "node:http"
import { isRepository } from "../oci/reference.ts"
import type { RegistryAction } from "./registry/registry-access.ts"
import { isRegistryPath, MAX_NAME_LENGTH, parseRoute } from "./registry/route.ts"

const ACTIONS = { pull: "pull", push: "pull,push", delete: "pull,push,delete" } as const

/** What a client asks a token for that lists all repositories. */
const CATALOG_SCOPE = "registry:catalog:*"

/** Repositories of one token, which is remembered with them; real clients name two. */
const MAX_NAMES = 10

/**
 * The repositories that a client asks to pull from, where it asks for nothing else: `repository:<name>:pull`, one or
 * more, in one parameter or in several (distribution's token authentication, Resource Scope). `undefined` for all else.
 * Of very many those that come first, and none whose name no repository can have: a token may open less than was asked for.
 */
export function pullScope(scopes: readonly string[]): ReadonlySet<string> | undefined {
  const parts = scopes.flatMap((scope) => scope.split(" ")).filter((part) => part !== "")
  if (parts.length === 0) return undefined
  const names = new Set<string>()
  for (const part of parts) {
    const [, name = ""] = /^repository(?:\([a-z0-9]+\))?:(.+):pull$/.exec(part) ?? []
    if (!isRepository(name)) return undefined
    if (name.length <= MAX_NAME_LENGTH && names.size < MAX_NAMES) names.add(name)
  }
  return names
}

/** What a client asks a token for that does this in a repository. */
function scopeOf(name: string, action: RegistryAction): string {
  return `repository:${name}:${ACTIONS[action]}`
}

/** The same by what it tried, whether that is there or not: by this, clients know what to ask for. */
export function scopeTried({ url = "", method = "" }: IncomingMessage): string | undefined {
  const [path = ""] = url.split("?")
  if (!isRegistryPath(path)) return undefined
  try {
    const route = parseRoute(path)
    if (route.kind === "catalog") return CATALOG_SCOPE
    if (route.kind === "base") return undefined
    // How far an upload is, only whoever pushes may know.
    if (route.kind === "upload" || route.kind === "uploads") return scopeOf(route.name, "push")
    if (method === "GET" || method === "HEAD") return scopeOf(route.name, "pull")
    return scopeOf(route.name, method === "DELETE" ? "delete" : "push")
  } catch {
    return undefined
  }
}
