import type { IncomingMessage } from "node:http"
import type { TokenServer } from "./token-server.ts"

/** Who may use a test registry. */
export type RegistryAuth =
  | { kind: "basic"; users: Readonly<Record<string, string>> }
  | { kind: "token"; tokens: TokenServer }

export interface NeededAccess {
  repository: string
  action: "pull" | "push"
}

/** `undefined` if a request is allowed, else the `WWW-Authenticate` to answer it with. */
export function challenge(
  auth: RegistryAuth | undefined,
  request: IncomingMessage,
  needed: readonly NeededAccess[],
): string | undefined {
  if (auth === undefined) return undefined
  const [scheme = "", value = ""] = (request.headers.authorization ?? "").split(" ")
  if (auth.kind === "basic") {
    const [user = "", ...password] = Buffer.from(value, "base64").toString().split(":")
    const known = scheme === "Basic" && auth.users[user] === password.join(":")
    return known ? undefined : 'Basic realm="test registry"'
  }
  if (scheme === "Bearer" && auth.tokens.allows(value, needed)) return undefined
  const scope = needed.map(({ repository, action }) => `repository:${repository}:${action}`).join(" ")
  return `Bearer realm="${auth.tokens.realm}",service="${auth.tokens.service}",scope="${scope}"`
}
