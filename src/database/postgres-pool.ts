import type { PostgresPool, PostgresPoolClient } from "kysely"
import pg from "pg"
import { DatabaseError, type DatabaseErrorCode } from "./database-error.ts"

/** In milliseconds. A server that is away must give an error, not silence. */
const CONNECT_TIMEOUT = 10_000
const STATEMENT_TIMEOUT = 60_000
/** Connections of one process; each costs the server memory, and one lets hundreds of requests a second through. */
const CONNECTIONS = 10

/** Queries that a connection keeps prepared; there are fewer in all, but for those with lists. */
const MAX_PREPARED = 200

const INT8 = pg.types.builtins.INT8

/** Connections to a PostgreSQL database, as Kysely's dialect wants them. Every error names the database. */
export class NamedPool implements PostgresPool {
  readonly #pool: pg.Pool
  readonly #name: string
  readonly #names = new Map<string, string>()

  /** Connects when it is first asked to. Throws `DATABASE_UNAVAILABLE` for what is no URL of a database. */
  constructor(url: string) {
    this.#name = nameOf(url)
    this.#pool = new pg.Pool({
      connectionString: url,
      max: CONNECTIONS,
      connectionTimeoutMillis: CONNECT_TIMEOUT,
      statement_timeout: STATEMENT_TIMEOUT,
      keepAlive: true,
      application_name: "waybill",
      types: {
        // Ids, sizes and counts stay below 2^53, which versions are checked for.
        getTypeParser: ((oid: number, format: "text" | "binary") =>
          oid === INT8
            ? Number
            : pg.types.getTypeParser(oid, format as "text")) as typeof pg.types.getTypeParser,
      },
    })
    // Of a connection that nobody uses; whoever asks next gets another.
    this.#pool.on("error", () => undefined)
  }

  get options(): PostgresPool["options"] {
    return this.#pool.options
  }

  async connect(): Promise<PostgresPoolClient> {
    const client = await this.#named(this.#pool.connect())
    // Else the loss of a connection in use would end the process; its query fails as well, and that is told.
    const ignore = () => undefined
    client.on("error", ignore)
    return {
      query: ((text: string, values: unknown[]) =>
        this.#named(
          client.query({ name: this.#prepared(text), text, values }),
        )) as unknown as PostgresPoolClient["query"],
      release: () => {
        client.off("error", ignore)
        client.release()
      },
    }
  }

  end(): Promise<void> {
    return this.#pool.end()
  }

  /**
   * A name under which a connection keeps a query as it is planned: planning is most of what a small query costs.
   * `undefined` for one that is too many: lists of any length make new ones without end.
   */
  #prepared(text: string): string | undefined {
    const known = this.#names.get(text)
    if (known !== undefined || this.#names.size >= MAX_PREPARED) return known
    const name = `waybill_${this.#names.size}`
    this.#names.set(text, name)
    return name
  }

  async #named<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work
    } catch (error) {
      throw explain(error, this.#name)
    }
  }
}

/** By SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html) and by the system's code. */
const EXPLANATIONS: Readonly<Record<string, [DatabaseErrorCode, string, string]>> = {
  "28P01": ["DATABASE_UNAVAILABLE", "refuses the user or the password", "check both in the URL"],
  "28000": ["DATABASE_UNAVAILABLE", "refuses the user", "check the user in the URL, and pg_hba.conf"],
  "3D000": ["DATABASE_UNAVAILABLE", "is not there", "make it with createdb, or check the name in the URL"],
  "42501": ["DATABASE_UNAVAILABLE", "does not let this user do so", "let the user own the database"],
  "53100": ["DATABASE_FULL", "cannot grow: the disk is full", "free some space on the server's disk"],
  "53300": ["DATABASE_BUSY", "has no connection left", "raise max_connections, or run fewer servers"],
  "25006": ["DATABASE_UNAVAILABLE", "is read-only", "connect to the primary server"],
  "57014": ["DATABASE_BUSY", "took too long to answer", "try again"],
  "57P01": ["DATABASE_UNAVAILABLE", "is shutting down", "try again when it runs"],
  "57P02": ["DATABASE_UNAVAILABLE", "is shutting down", "try again when it runs"],
  "57P03": ["DATABASE_UNAVAILABLE", "is starting or shutting down", "try again in a moment"],
  ECONNREFUSED: ["DATABASE_UNAVAILABLE", "cannot be reached: nothing listens there", "check host and port"],
  ENOENT: ["DATABASE_UNAVAILABLE", "cannot be reached: there is no such socket", "check the URL's host"],
  ENOTFOUND: ["DATABASE_UNAVAILABLE", "cannot be reached: the host is unknown", "check the URL's host"],
  ETIMEDOUT: ["DATABASE_UNAVAILABLE", "cannot be reached in time", "check host, port and network"],
  EHOSTUNREACH: ["DATABASE_UNAVAILABLE", "cannot be reached: no route to it", "check host and network"],
  ECONNRESET: ["DATABASE_UNAVAILABLE", "broke the connection", "try again"],
  EPIPE: ["DATABASE_UNAVAILABLE", "broke the connection", "try again"],
}

/** What pg raises without any code. */
const UNCODED: readonly [RegExp, keyof typeof EXPLANATIONS][] = [
  [/connection terminated|client has encountered a connection error/i, "ECONNRESET"],
  [/timeout exceeded when trying to connect|connection timeout/i, "ETIMEDOUT"],
  [/password must be a string/i, "28P01"],
]

function explain(error: unknown, name: string): unknown {
  if (!(error instanceof Error)) return error
  const code = codeOf(error) || (UNCODED.find(([pattern]) => pattern.test(error.message))?.[1] ?? "")
  const explanation = EXPLANATIONS[code.startsWith("08") ? "ECONNRESET" : code]
  if (explanation === undefined) return error
  const [kind, message, hint] = explanation
  return new DatabaseError(kind, `the database ${name} ${message}`, { hint, cause: error })
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : ""
}

/** Host and database of a URL: its password must not get into a message. */
function nameOf(url: string): string {
  if (URL.canParse(url) && /^postgres(?:ql)?:$/.test(new URL(url).protocol)) {
    const { host, pathname, searchParams } = new URL(url)
    return `${host || (searchParams.get("host") ?? "localhost")}${pathname}`
  }
  throw new DatabaseError("DATABASE_UNAVAILABLE", "that is not the URL of a PostgreSQL database", {
    // With a password shown in it, it would be masked as if there were one.
    hint: "write it as postgres://host:port/database, with user:password and an @ before the host",
  })
}
