import pg from "pg"
import { DatabaseError } from "./database-error.ts"
import { explain, explainUnreachable } from "./postgres-errors.ts"
import { nameOf } from "./postgres-pool.ts"

/** How often it is asked whether the connection is still there, and how long that may take, in milliseconds. */
const LOOK = 30_000
const PATIENCE = 10_000

interface Options {
  url: string
  channel: string
  onNotice: (payload: string) => void
  /** Ends it. */
  signal: AbortSignal
}

/** A connection of its own that listens on one channel. A pool's connections come and go, and would hear nothing meanwhile. */
export class PostgresListener {
  /** Kept when it hears nothing any more. */
  readonly ended: Promise<void>

  private constructor(client: pg.Client, signal: AbortSignal) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    const look = setInterval(() => {
      client.query("select 1").catch(end)
    }, LOOK)
    look.unref()
    function end() {
      clearInterval(look)
      signal.removeEventListener("abort", end)
      // Nobody reads a farewell on a connection that may be frozen.
      client.connection.stream.destroy()
      resolve()
    }
    client.once("error", end)
    client.once("end", end)
    signal.addEventListener("abort", end, { once: true })
    if (signal.aborted) end()
  }

  /** Throws a `DatabaseError` that names host and database. */
  static async open({ url, channel, onNotice, signal }: Options): Promise<PostgresListener> {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: PATIENCE,
      query_timeout: PATIENCE,
      keepAlive: true,
      application_name: "waybill changes",
    })
    // Of a connection that breaks before it is listened on; whatever waits for it fails then.
    client.on("error", () => undefined)
    try {
      await client.connect()
      client.on("notification", ({ payload = "" }) => onNotice(payload))
      await client.query(`listen ${channel}`)
    } catch (error) {
      client.connection.stream.destroy()
      const explained = explain(error, nameOf(url))
      throw explained instanceof DatabaseError ? explained : explainUnreachable(error, nameOf(url))
    }
    return new PostgresListener(client, signal)
  }
}
