import type { Kysely } from "kysely"
import type { OperationOptions } from "../content/interfaces.ts"
import type { Change, ChangeFeed } from "../fleet/change-feed.ts"
import { Listeners } from "./listeners.ts"
import { changesSince, merged } from "./past-changes.ts"
import type { Schema } from "./schema.ts"
import type { SqliteFile } from "./sqlite-database.ts"

/** How often it is looked whether another process has changed the file, in milliseconds. */
const LOOK = 1000
/** How long own changes are waited for to be told together, in milliseconds. */
const PAUSE = 100

/** Where the file was when it was last looked at. */
interface Position {
  event: number
  report: string
  /** Changes with what says who may what. */
  access: string
}

/**
 * The changes of a SQLite file. Its history says what was changed, since writers come one after the other; own changes
 * have it looked at, and those of other processes are seen by SQLite's counter of them (sqlite.org/pragma.html#pragma_data_version).
 */
export class SqliteChangeFeed implements ChangeFeed {
  readonly #db: Kysely<Schema>
  readonly #file: SqliteFile
  readonly #listeners = new Listeners(
    () => this.#begin(),
    () => this.#end(),
  )
  #position: Position | undefined
  #version: unknown
  #timer: NodeJS.Timeout | undefined
  #pause: NodeJS.Timeout | undefined

  constructor(db: Kysely<Schema>, file: SqliteFile) {
    this.#db = db
    this.#file = file
    file.onCommit = () => this.#soon()
  }

  listen(onChange: (change: Change) => void): Promise<() => void> {
    return this.#listeners.add(onChange)
  }

  changesSince(since: Date, options: OperationOptions & { now: Date }): Promise<Change[]> {
    return changesSince(this.#db, since, options)
  }

  async #begin(): Promise<void> {
    this.#version = this.#readVersion()
    this.#position = await this.#readPosition()
    this.#timer = setInterval(() => this.#poll(), LOOK)
    this.#timer.unref()
  }

  #end(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#pause)
    this.#pause = undefined
    this.#position = undefined
  }

  #poll(): void {
    try {
      const version = this.#readVersion()
      if (version === this.#version) return
      this.#version = version
      this.#soon()
    } catch {
      // The file is busy, or the disk fails: that is told to whoever asks for something.
    }
  }

  #soon(): void {
    if (this.#position === undefined || this.#pause !== undefined) return
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      // What cannot be looked at now is looked at when it changes next.
      this.#look().catch(() => undefined)
    }, PAUSE)
  }

  async #look(): Promise<void> {
    const before = this.#position
    if (before === undefined) return
    const after = await this.#readPosition()
    const events = await this.#db
      .selectFrom("fleet_events")
      .select(["fleet", "action"])
      .distinct()
      .where("id", ">", before.event)
      .where("id", "<=", after.event)
      .execute()
    const reports = await this.#db
      .selectFrom("devices")
      .innerJoin("fleets", "fleets.id", "devices.fleet_id")
      .select("slug")
      .distinct()
      .where("reported_at", ">", before.report)
      .execute()
    // Nobody listens any more.
    if (this.#position === undefined) return
    this.#position = after
    const access: Change[] = before.access === after.access ? [] : [{ kind: "access" }]
    const changes = merged(
      events,
      reports.map(({ slug }) => slug),
    )
    this.#listeners.tell([...access, ...changes])
  }

  async #readPosition(): Promise<Position> {
    const of = this.#db.fn
    const { event } = await this.#db
      .selectFrom("fleet_events")
      .select(of.max<number | null>("id").as("event"))
      .executeTakeFirstOrThrow()
    const { report } = await this.#db
      .selectFrom("devices")
      .select(of.max("reported_at").as("report"))
      .executeTakeFirstOrThrow()
    const tokens = await this.#db
      .selectFrom("tokens")
      .select(of.count("revoked_at").as("revoked"))
      .executeTakeFirstOrThrow()
    const sessions = await this.#db
      .selectFrom("sessions")
      .select([of.countAll().as("count"), of.max("id").as("newest")])
      .executeTakeFirstOrThrow()
    return { event: event ?? 0, report: report ?? "", access: JSON.stringify([tokens, sessions]) }
  }

  #readVersion(): unknown {
    return this.#file.get("pragma data_version").data_version
  }
}
