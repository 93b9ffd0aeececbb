import { DatabaseError, type DatabaseErrorCode } from "./database-error.ts"

/** By SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html) and by the system's code. */
const EXPLANATIONS: Readonly<Record<string, [DatabaseErrorCode, string, string]>> = {
  "28P01": ["DATABASE_UNAVAILABLE", "refuses the user or the password", "check both in the URL"],
  "28000": ["DATABASE_UNAVAILABLE", "refuses the user", "check the user in the URL, and pg_hba.conf"],
  "3D000": ["DATABASE_UNAVAILABLE", "is not there", "make it with createdb, or check the name in the URL"],
  "42501": ["DATABASE_UNAVAILABLE", "does not let this user do so", "let the user own the database"],
  "53100": ["DATABASE_FULL", "cannot grow: the disk is full", "free some space on the server's disk"],
  "3F000": [
    "DATABASE_UNAVAILABLE",
    "has no schema that this user may use",
    "grant it one: the schema public",
  ],
  "53200": ["DATABASE_BUSY", "has no memory left", "try again, or run fewer servers"],
  "53300": ["DATABASE_BUSY", "has no connection left", "raise max_connections, or run fewer servers"],
  "25006": ["DATABASE_UNAVAILABLE", "is read-only", "connect to the primary server"],
  "57014": ["DATABASE_BUSY", "took too long to answer", "try again"],
  "25P03": ["DATABASE_UNAVAILABLE", "broke the connection, which did nothing for too long", "try again"],
  "57P01": [
    "DATABASE_UNAVAILABLE",
    "is shutting down, or its administrator broke the connection",
    "try again",
  ],
  "57P02": ["DATABASE_UNAVAILABLE", "is shutting down", "try again when it runs"],
  "58030": ["DATABASE_UNAVAILABLE", "could not read or write its disk", "look at the server's log"],
  XX001: ["DATABASE_DAMAGED", "is damaged", "restore it from a backup"],
  XX002: ["DATABASE_DAMAGED", "has a damaged index", "reindex it, or restore it from a backup"],
  "57P03": ["DATABASE_UNAVAILABLE", "is starting or shutting down", "try again in a moment"],
  ECONNREFUSED: ["DATABASE_UNAVAILABLE", "cannot be reached: nothing listens there", "check host and port"],
  ENOENT: ["DATABASE_UNAVAILABLE", "cannot be reached: there is no such socket", "check the URL's host"],
  ENOTFOUND: ["DATABASE_UNAVAILABLE", "cannot be reached: the host is unknown", "check the URL's host"],
  ETIMEDOUT: ["DATABASE_UNAVAILABLE", "cannot be reached in time", "check host, port and network"],
  EAI_AGAIN: ["DATABASE_UNAVAILABLE", "cannot be reached: its host is not found now", "try again"],
  EHOSTUNREACH: ["DATABASE_UNAVAILABLE", "cannot be reached: no route to it", "check host and network"],
  ECONNRESET: ["DATABASE_UNAVAILABLE", "broke the connection", "try again"],
  EPIPE: ["DATABASE_UNAVAILABLE", "broke the connection", "try again"],
  EXHAUSTED: ["DATABASE_BUSY", "has been asked too much at once: no connection got free", "try again"],
}

/** What pg raises without any code. */
const UNCODED: readonly [RegExp, keyof typeof EXPLANATIONS][] = [
  [/connection timeout/i, "ETIMEDOUT"],
  [/timeout exceeded when trying to connect/i, "EXHAUSTED"],
  [/query read timeout/i, "57014"],
  [/connection terminated|client has encountered a connection error|client was closed/i, "ECONNRESET"],
  [/password must be a string/i, "28P01"],
]

/** Gives a `DatabaseError` that names the database, and what is not of the database as it is. */
export function explain(error: unknown, name: string): unknown {
  if (!(error instanceof Error)) return error
  const code = codeOf(error) || (UNCODED.find(([pattern]) => pattern.test(error.message))?.[1] ?? "")
  const explanation = EXPLANATIONS[code.startsWith("08") ? "ECONNRESET" : code]
  if (explanation === undefined) return error
  const [kind, message, hint] = explanation
  return new DatabaseError(kind, `the database ${name} ${message}`, { hint, cause: error })
}

/** Whether a query was given up while the server may still be at it. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof Error && error.message === "Query read timeout"
}

/** For what connecting failed with and `explain` does not know: of TLS, or of a server that is none of PostgreSQL: what is wrong, only the cause says. */
export function explainUnreachable(cause: unknown, name: string): DatabaseError {
  const reason = cause instanceof Error ? cause.message : "no reason was given"
  return new DatabaseError("DATABASE_UNAVAILABLE", `the database ${name} cannot be reached: ${reason}`, {
    hint: "check the URL, and sslmode in it",
    cause,
  })
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : ""
}
