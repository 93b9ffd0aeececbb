import { ApiError } from "../api/api-error.ts"
import type { Change, ChangeFeed } from "../fleet/change-feed.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { ChangeStream } from "./change-stream.ts"
import type { Limits } from "./limits.ts"
import { RETRY_AFTER } from "./retry-after.ts"

interface Options {
  feed: ChangeFeed
  now: () => Date
  limits: Pick<Limits, "streams" | "streamsOfOne" | "heartbeat">
}

/** Who hears of changes. */
interface Hearer {
  /** The token that it is counted for. */
  token: number
  sees: (fleet: FleetSlug) => boolean
  /** Whether it may hear more: its session and its token are good yet. */
  isStillGood: () => Promise<boolean>
  /** What it has heard everything up to; `undefined` for one that comes new. */
  since: Date | undefined
}

/** The streams of changes of one server. */
export class ChangeStreams {
  readonly #options: Options
  readonly #streams = new Map<ChangeStream, Hearer>()
  #listening: Promise<() => void> | undefined
  #isEnded = false

  constructor(options: Options) {
    this.#options = options
  }

  /** Throws `TOO_MANY_REQUESTS` for a token with too many, `SERVER_BUSY` where all are too many. */
  async open(hearer: Hearer): Promise<ReadableStream<Uint8Array>> {
    const { limits, now } = this.#options
    if (this.#isEnded || this.#streams.size >= limits.streams) throw tooMany("SERVER_BUSY", "the server")
    const own = [...this.#streams.values()].filter(({ token }) => token === hearer.token)
    if (own.length >= limits.streamsOfOne) throw tooMany("TOO_MANY_REQUESTS", "this token")
    const stream: ChangeStream = new ChangeStream({
      heartbeat: limits.heartbeat,
      now,
      onLook: () => void this.#check(stream, hearer),
      onEnd: () => this.#streams.delete(stream),
    })
    this.#streams.set(stream, hearer)
    try {
      await this.#listen()
      // Only now nothing is missed between what was and what comes.
      const { since } = hearer
      const missed = since ? await this.#options.feed.changesSince(since, { now: now() }) : []
      for (const change of missed) this.#tellOne(stream, hearer, change)
    } catch (error) {
      stream.end()
      throw error
    }
    return stream.body
  }

  /** Ends all streams, and takes no more. */
  async end(): Promise<void> {
    this.#isEnded = true
    for (const stream of this.#streams.keys()) stream.end()
    const stop = await this.#listening?.catch(() => undefined)
    stop?.()
  }

  async #listen(): Promise<void> {
    this.#listening ??= this.#options.feed.listen((change) => {
      for (const [stream, hearer] of this.#streams) this.#tellOne(stream, hearer, change)
    })
    try {
      await this.#listening
    } catch (error) {
      this.#listening = undefined
      throw error
    }
  }

  #tellOne(stream: ChangeStream, hearer: Hearer, change: Change): void {
    if (change.kind === "access") void this.#check(stream, hearer)
    else if (change.kind === "all" || hearer.sees(change.fleet)) stream.tell(change)
  }

  async #check(stream: ChangeStream, { isStillGood }: Hearer): Promise<void> {
    // A database that does not answer says nothing about who may hear.
    if (!(await isStillGood().catch(() => true))) stream.end()
  }
}

function tooMany(code: "SERVER_BUSY" | "TOO_MANY_REQUESTS", whose: string): ApiError {
  return new ApiError(code, `${whose} has as many streams of changes as it may`, {
    hint: `close some, or try again in ${RETRY_AFTER} seconds`,
  })
}
