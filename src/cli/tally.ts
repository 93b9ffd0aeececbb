import type { TransferEvent, TransferOutcome } from "../content/transfer-event.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { systemClock } from "../system-clock.ts"
import { plural, printBytes, printSeconds } from "./format.ts"

/** Before there is a rate worth a word, in seconds. */
const LEAST_TIME = 0.05

/** What is done to blobs, and what it is called when it is done. */
const DONE = {
  "taking in": "took in",
  exporting: "exported",
  importing: "imported",
  verifying: "verified",
} as const

export type Verb = keyof typeof DONE

/** What has come of the transfers so far, in bytes and in milliseconds. */
export class Tally {
  readonly active = new Map<string, { descriptor: Descriptor; position: number }>()
  readonly #verb: Verb
  readonly #started = systemClock.now()
  readonly #counts: Record<TransferOutcome, number> = {
    fetched: 0,
    sent: 0,
    verified: 0,
    present: 0,
    mounted: 0,
  }
  #planned = 0
  #plannedCount = 0
  #done = 0
  /** Of what had to be moved or read at all. */
  #needed = 0
  /** Of what was there, and was read to check it. */
  #checked = 0
  /** Also what had to be moved again. */
  #passed = 0

  constructor(verb: Verb) {
    this.#verb = verb
  }

  /** How many transfers have ended. */
  get count(): number {
    return Object.values(this.#counts).reduce((sum, count) => sum + count, 0)
  }

  /** How far all of it is, from 0 to 1. */
  get share(): number {
    return this.#planned === 0 ? 1 : this.#position / this.#planned
  }

  take(event: TransferEvent): void {
    switch (event.type) {
      case "planned":
        this.#planned += event.bytes
        this.#plannedCount += event.count
        break
      case "started":
        this.active.set(event.descriptor.digest, { descriptor: event.descriptor, position: 0 })
        break
      case "advanced": {
        const { descriptor, position } = event
        const before = this.active.get(descriptor.digest)?.position ?? 0
        this.#passed += Math.max(0, position - before)
        this.active.set(descriptor.digest, { descriptor, position })
        break
      }
      case "finished": {
        const { descriptor, outcome } = event
        const wasRead = (this.active.get(descriptor.digest)?.position ?? 0) > 0
        const isNeeded = outcome !== "present" && outcome !== "mounted"
        this.active.delete(descriptor.digest)
        this.#counts[outcome]++
        this.#done += descriptor.size
        if (isNeeded) this.#needed += descriptor.size
        else if (wasRead) this.#checked += descriptor.size
        break
      }
      default:
        event satisfies never
    }
  }

  /** What is to be done. */
  plan(): string {
    return `${this.#verb} ${plural(this.#plannedCount, "blob", "blobs")}, ${printBytes(this.#planned)}`
  }

  /** How far, how fast, how long still. */
  state(): string {
    const seconds = this.#seconds
    const rate = seconds > 0 ? this.#passed / seconds : 0
    const left = rate > 0 ? `, ${printSeconds((this.#planned - this.#position) / rate)} left` : ""
    return `${printBytes(this.#position)} of ${printBytes(this.#planned)}, ${printBytes(rate)}/s${left}`
  }

  /** What has come of it all, or of the part that was done before something broke. */
  result(): string {
    const { present, mounted } = this.#counts
    const seconds = this.#seconds
    const time = `${seconds.toFixed(1)} s`
    const moved = this.count - present - mounted
    const unmoved = [
      ...(present > 0 ? [`${plural(present, "was", "were")} there already`] : []),
      ...(mounted > 0 ? [`${plural(mounted, "was", "were")} mounted`] : []),
    ].join(", ")
    const checked = this.#checked > 0 ? `${printBytes(this.#checked)} checked in ${time}` : ""
    if (this.count < this.#plannedCount) {
      const ended = `ended after ${this.count} of ${plural(this.#plannedCount, "blob", "blobs")}`
      return `${this.#verb}: ${ended}, ${printBytes(this.#passed)} in ${time}`
    }
    if (moved === 0)
      return [`${DONE[this.#verb]} without moving a blob: ${unmoved}`, checked].filter(Boolean).join("; ")
    const rate = seconds > LEAST_TIME ? `, ${printBytes(this.#needed / seconds)}/s` : ""
    const line = `${DONE[this.#verb]} ${plural(moved, "blob", "blobs")}, ${printBytes(this.#needed)} in ${time}${rate}`
    return [line, unmoved].filter(Boolean).join("; ")
  }

  get #position(): number {
    return [...this.active.values()].reduce((sum, { position }) => sum + position, this.#done)
  }

  get #seconds(): number {
    return (systemClock.now() - this.#started) / 1000
  }
}
