import { useSuspenseQuery } from "@tanstack/react-query"
import { question } from "./queries.ts"
import type { Answer } from "./routes.ts"

/** Who is signed in. It stays so until somebody signs out, or the session or its token ends. */
export const sessionQuestion = { ...question("get /principal", {}), staleTime: Number.POSITIVE_INFINITY }

type Signed = Extract<Answer<"get /principal">, { kind: "token" }>["token"]
type Permission = "view" | "deploy" | "administer"

const ROLES = {
  view: ["viewer", "deployer", "admin"],
  deploy: ["deployer", "admin"],
  administer: ["admin"],
} as const

/** The token that is signed in with: no device signs in. */
export function usePrincipal(): Signed {
  const { data } = useSuspenseQuery(sessionQuestion)
  if (data.kind !== "token") throw new Error("a device is signed in")
  return data.token
}

/** Whether whoever is signed in may do something, in what they see at all. What they may not is not offered; the server refuses it. */
export function useMay(): (permission: Permission) => boolean {
  const { role } = usePrincipal()
  return (permission) => (ROLES[permission] as readonly string[]).includes(role)
}
