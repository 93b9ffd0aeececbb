const ROLES = ["viewer", "deployer", "admin"] as const

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
}

export interface NewToken extends Pick<Token, "name" | "organization" | "role"> {
  /** See `newTokenSecret`. Kept as its hash alone. */
  secret: string
}

/** Who a secret belongs to. */
export type Principal =
  | { kind: "token"; token: Token }
  | { kind: "device"; uuid: string; organization: string }
