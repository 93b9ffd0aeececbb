import { FleetError } from "./fleet-error.ts"
import { isPlainText } from "./plain-text.ts"
import { parseTokenSecret } from "./secret.ts"

export const ROLES = ["viewer", "deployer", "admin"] as const

/** What a token may do: each role may all that the one before it may. */
export type Role = (typeof ROLES)[number]

/** A token, without its secret. */
export interface Token {
  id: number
  /** For people, and for the history: who acts with it. */
  name: string
  /** `null`: every organization, as whoever runs the server needs. */
  organization: string | null
  role: Role
  /** ISO 8601, UTC. */
  createdAt: string
  /** The same; `null` for never. It is noted once a minute at most: see `USE_NOTED_EVERY`. */
  lastUsedAt: string | null
}

/** How long a use is not noted again after one that was, in milliseconds. */
export const USE_NOTED_EVERY = 60_000

export interface NewToken extends Pick<Token, "name" | "organization" | "role"> {
  /** See `newTokenSecret`. Kept as its hash alone. */
  secret: string
}

/** Who a secret belongs to. */
export type Principal =
  | { kind: "token"; token: Token }
  | { kind: "device"; uuid: string; organization: string }

/** `view` reads; `deploy` records releases, sets policy and registers devices; `administer` makes and removes the rest. */
export type Permission = "view" | "deploy" | "administer"

const NEEDED_ROLE: Readonly<Record<Permission, Role>> = {
  view: "viewer",
  deploy: "deployer",
  administer: "admin",
}

/** Of a token's name, in characters. */
const MAX_NAME_LENGTH = 100

/** Throws `INVALID_TOKEN`. */
export function parseRole(text: string): Role {
  const found = ROLES.find((known) => known === text)
  if (found !== undefined) return found
  throw invalid(`"${text.slice(0, 80)}" is not a role`, `a role is one of ${ROLES.join(", ")}`)
}

/**
 * Whether someone may do something in an organization, or with `null` in every one, those to come included. A device
 * may nothing of all this: it reaches what is its own by being that device.
 */
export function mayDo(principal: Principal, permission: Permission, organization: string | null): boolean {
  if (principal.kind === "device") return false
  const { token } = principal
  const isOfPlace = token.organization === null || token.organization === organization
  return isOfPlace && ROLES.indexOf(token.role) >= ROLES.indexOf(NEEDED_ROLE[permission])
}

/** Throws `INVALID_TOKEN`. */
export function checkNewToken({ name, secret, role }: NewToken): void {
  if (name.trim() === "" || name.length > MAX_NAME_LENGTH || !isPlainText(name)) {
    throw invalid("that cannot be the name of a token", `use 1 to ${MAX_NAME_LENGTH} characters`)
  }
  parseRole(role)
  parseTokenSecret(secret)
}

function invalid(message: string, hint: string): FleetError {
  return new FleetError("INVALID_TOKEN", message, { hint })
}
