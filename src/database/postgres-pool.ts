import type { PostgresPool, PostgresPoolClient } from "kysely"
import pg from "pg"
import { DatabaseError } from "./database-error.ts"
import { explain, explainUnreachable, isUnanswered } from "./postgres-errors.ts"

/** In milliseconds. A server that is away must give an error, not silence. A URL may set others, by pg's names. */
const CONNECT_TIMEOUT = 10_000
const STATEMENT_TIMEOUT = 60_000
/** Longer than the server's own: for one that does not even say that it took too long, as a frozen one. */
const ANSWER_TIMEOUT = 75_000
/** After which the server takes back what a Waybill has locked that does nothing: it may be frozen, or cut off. */
const IDLE_TIMEOUT = 60_000
/** Connections of one process; each costs the server memory, and one lets hundreds of requests a second through. */
const CONNECTIONS = 10

/** Queries that a connection keeps prepared; there are fewer in all, but for those with lists. */
const MAX_PREPARED = 200

const INT8 = pg.types.builtins.INT8

type Connected = (error: Error) => void

/** pg leaves open what it could not connect: a server may refuse without closing, or wait for a password that is not given. */
class ClosedWhenRefused extends pg.Client {
  override connect(): Promise<pg.Client>
  override connect(callback: Connected): void
  override connect(callback?: Connected): Promise<pg.Client> | undefined {
    if (callback === undefined) return super.connect()
    super.connect((error: Error | null) => {
      if (error) this.connection.stream.destroy()
      callback(error as Error)
    })
    return undefined
  }
}

/** Connections to a PostgreSQL database, as Kysely's dialect wants them. Every error names the database. */
export class NamedPool implements PostgresPool {
  readonly #pool: pg.Pool
  readonly #name: string
  readonly #names = new Map<string, string>()

  /** Connects when it is first asked to. Throws `DATABASE_UNAVAILABLE` for what is no URL of a database. */
  constructor(url: string) {
    this.#name = nameOf(url)
    this.#pool = new pg.Pool({
      Client: ClosedWhenRefused,
      connectionString: url,
      max: CONNECTIONS,
      connectionTimeoutMillis: CONNECT_TIMEOUT,
      statement_timeout: STATEMENT_TIMEOUT,
      query_timeout: ANSWER_TIMEOUT,
      idle_in_transaction_session_timeout: IDLE_TIMEOUT,
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
    const client = await this.#named(this.#pool.connect()).catch((error: unknown) => {
      throw error instanceof DatabaseError ? error : explainUnreachable(error, this.#name)
    })
    // Else the loss of a connection in use would end the process; its query fails as well, and that is told.
    const ignore = () => undefined
    client.on("error", ignore)
    return {
      query: ((text: string, values: unknown[]) =>
        this.#named(
          client.query({ name: this.#prepared(text), text, values }).catch((error: unknown) => {
            // It may answer yet, and would answer the next query then.
            if (isUnanswered(error)) void client.end()
            throw error
          }),
        )) as unknown as PostgresPoolClient["query"],
      // Kysely gives up a connection whose transaction it could not roll back.
      release: ((isBroken?: boolean) => {
        client.off("error", ignore)
        client.release(isBroken)
      }) as PostgresPoolClient["release"],
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

/**
 * Host and database of a URL: its password must not get into a message. One with a bare / ? or # ends the host there:
 * an @ behind it and none before shows that.
 */
export function nameOf(url: string): string {
  if (URL.canParse(url) && /^postgres(?:ql)?:$/.test(new URL(url).protocol)) {
    const { host, username, pathname, search, hash, searchParams } = new URL(url)
    if (username !== "" || !`${pathname}${search}${hash}`.includes("@")) {
      return `${host || (searchParams.get("host") ?? "localhost")}${pathname}`
    }
  }
  throw new DatabaseError("DATABASE_UNAVAILABLE", "that is not the URL of a PostgreSQL database", {
    // With a password shown in it, it would be masked as if there were one.
    hint: "write it as postgres://host:port/database, with user:password and an @ before the host; / ? # @ in the password are %2F %3F %23 %40",
  })
}
