import { setTimeout as sleep } from "node:timers/promises"
import type { Kysely } from "kysely"
import type { OperationOptions } from "../content/interfaces.ts"
import { type Change, type ChangeFeed, partsChangedBy, REPORTED } from "../fleet/change-feed.ts"
import { FLEET_ACTIONS } from "../fleet/fleet-event.ts"
import { type FleetSlug, parseFleetSlug } from "../fleet/slug.ts"
import { Listeners } from "./listeners.ts"
import { CHANGES_CHANNEL } from "./migrations/0007-sessions.ts"
import { changesSince } from "./past-changes.ts"
import { PostgresListener } from "./postgres-listener.ts"
import type { Schema } from "./schema.ts"

/** Between two tries to listen again, in milliseconds: at first, and at most. */
const FIRST_DELAY = 250
const LAST_DELAY = 30_000

/**
 * The changes of a PostgreSQL database: triggers notify of them in the transactions that make them, and one connection
 * listens (postgresql.org/docs/current/sql-notify.html). After a gap anything may have changed.
 */
export class PostgresChangeFeed implements ChangeFeed {
  readonly #db: Kysely<Schema>
  readonly #url: string
  readonly #listeners = new Listeners(
    () => this.#begin(),
    () => this.#end(),
  )
  #stop: AbortController | undefined

  constructor(db: Kysely<Schema>, url: string) {
    this.#db = db
    this.#url = url
  }

  listen(onChange: (change: Change) => void): Promise<() => void> {
    return this.#listeners.add(onChange)
  }

  changesSince(since: Date, options: OperationOptions & { now: Date }): Promise<Change[]> {
    return changesSince(this.#db, since, options)
  }

  async #begin(): Promise<void> {
    const stop = new AbortController()
    this.#stop = stop
    const listener = await this.#open(stop.signal)
    void this.#keep(listener, stop.signal)
  }

  #end(): void {
    this.#stop?.abort()
    this.#stop = undefined
  }

  #open(signal: AbortSignal): Promise<PostgresListener> {
    const onNotice = (payload: string) => this.#listeners.tell(changesOf(payload))
    return PostgresListener.open({ url: this.#url, channel: CHANGES_CHANNEL, onNotice, signal })
  }

  /** Listens again whenever the connection breaks, until it is to stop. */
  async #keep(first: PostgresListener, signal: AbortSignal): Promise<void> {
    await first.ended
    for (let delay = FIRST_DELAY; !signal.aborted; delay = Math.min(2 * delay, LAST_DELAY)) {
      await sleep(delay, undefined, { signal, ref: false }).catch(() => undefined)
      if (signal.aborted) return
      const listener = await this.#open(signal).catch(() => undefined)
      if (listener === undefined) continue
      this.#listeners.tell([{ kind: "access" }, { kind: "all" }])
      await listener.ended
      delay = FIRST_DELAY / 2
    }
  }
}

/**
 * What a trigger has said: see the migration. Of what a newer Waybill's says, nobody knows what it means, nor of what any other user of
 * the database does: PostgreSQL lets each notify on every channel.
 */
function changesOf(payload: string): Change[] {
  if (payload === "access") return [{ kind: "access" }]
  const [name = "", word = ""] = payload.split(" ")
  const slug = slugIn(name)
  const action = FLEET_ACTIONS.find((known) => known === word)
  if ((action === undefined && word !== "report") || slug === undefined) return [{ kind: "all" }]
  return [{ kind: "fleet", fleet: slug, of: action ? partsChangedBy(action) : REPORTED }]
}

function slugIn(text: string): FleetSlug | undefined {
  try {
    return parseFleetSlug(text)
  } catch {
    return undefined
  }
}
