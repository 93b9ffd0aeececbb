import type { ChangeData } from "../api/change.ts"
import { CHANGED_PARTS, type Change, type ChangedPart } from "../fleet/change-feed.ts"
import type { FleetSlug } from "../fleet/slug.ts"

/** Between two events, in milliseconds: a page that asks again at each asks twice a second. */
const SPACING = 500
/** Of more fleets nobody is told one by one: at two a second, that would take longer than to ask for all. */
const MAX_FLEETS = 4
/** After which a client tries to come back, in milliseconds. */
const RETRY = 1000

interface Options {
  /** How long nothing is said before that is said, in milliseconds: proxies cut what is silent. */
  heartbeat: number
  now: () => Date
  /** Is called as often as a heartbeat is due, whatever else is said. */
  onLook: () => void
  onEnd: () => void
}

/**
 * What one client hears, as server-sent events (WHATWG HTML, section 9.2). What happens faster than it is told, or taken, is
 * told as one: nothing grows while a client does not read.
 */
export class ChangeStream {
  readonly body: ReadableStream<Uint8Array>
  readonly #options: Options
  readonly #pending = new Map<FleetSlug, Set<ChangedPart>>()
  #isAll = false
  #isEnded = false
  #nextEvent = 0
  #nextBeat = 0
  #nextLook = 0
  #wake: () => void = () => undefined

  constructor(options: Options) {
    this.#options = options
    const encoder = new TextEncoder()
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#nextBeat = performance.now() + options.heartbeat
          this.#nextLook = this.#nextBeat
          controller.enqueue(encoder.encode(`retry: ${RETRY}\n${this.#id()}\n`))
        },
        pull: async (controller) => {
          const text = await this.#next()
          if (text === undefined) controller.close()
          else controller.enqueue(encoder.encode(text))
        },
        cancel: () => this.end(),
      },
      { highWaterMark: 0 },
    )
  }

  tell(change: Exclude<Change, { kind: "access" }>): void {
    if (change.kind === "all") {
      this.#isAll = true
    } else if (!this.#isAll) {
      const parts = this.#pending.get(change.fleet) ?? new Set()
      for (const part of change.of) parts.add(part)
      this.#pending.set(change.fleet, parts)
      this.#isAll = this.#pending.size > MAX_FLEETS
    }
    if (this.#isAll) this.#pending.clear()
    this.#wake()
  }

  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#wake()
    this.#options.onEnd()
  }

  async #next(): Promise<string | undefined> {
    for (;;) {
      if (this.#isEnded) return undefined
      const time = performance.now()
      if (time >= this.#nextLook) {
        this.#nextLook = time + this.#options.heartbeat
        this.#options.onLook()
      }
      const data = time >= this.#nextEvent ? this.#take() : undefined
      if (data !== undefined || time >= this.#nextBeat) {
        this.#nextBeat = time + this.#options.heartbeat
        if (data === undefined) return `: nothing new\n${this.#id()}\n`
        this.#nextEvent = time + SPACING
        return `${this.#id()}data: ${JSON.stringify(data)}\n\n`
      }
      const isPending = this.#isAll || this.#pending.size > 0
      await this.#wait((isPending ? Math.min(this.#nextEvent, this.#nextBeat) : this.#nextBeat) - time)
    }
  }

  #take(): ChangeData | undefined {
    if (this.#isAll) {
      this.#isAll = false
      return { all: true }
    }
    const [first] = this.#pending
    if (first === undefined) return undefined
    const [fleet, parts] = first
    this.#pending.delete(fleet)
    return { fleet, of: CHANGED_PARTS.filter((part) => parts.has(part)) }
  }

  /** What a client that comes back says that it has heard everything up to: see `ChangeFeed.changesSince`. */
  #id(): string {
    return `id: ${this.#options.now().getTime()}\n`
  }

  async #wait(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, milliseconds)
    this.#wake = resolve
    await promise
    clearTimeout(timer)
  }
}
