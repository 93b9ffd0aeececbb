import type { Principal } from "../fleet/access.ts"

/** Prints who a token or a key belongs to. */
export function printPrincipal(principal: Principal): string {
  if (principal.kind === "device") return `device ${principal.uuid}`
  const { name, role, organization } = principal.token
  return `${name}, ${role} of ${organization ?? "all organizations"}`
}
