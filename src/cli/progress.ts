import { createLogUpdate } from "log-update"
import type { TransferEvent, TransferListener, TransferOutcome } from "../content/transfer-event.ts"
import { visible } from "../errors/quote.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { systemClock } from "../system-clock.ts"
import { printBytes, printSeconds, shortDigest } from "./format.ts"

const REDRAW_MS = 100
const LOG_EVERY_MS = 5000
const BAR_WIDTH = 24

/** What is said of a transfer that was not needed. */
const UNMOVED: Partial<Record<TransferOutcome, string>> = { present: ", already there", mounted: ", mounted" }

export interface Progress {
  onTransfer: TransferListener | undefined
  /** Says what comes next. */
  note(text: string): void
  /** Ends the display; what is printed next stands below it. */
  stop(): void
}

/** Shows transfers on standard error: live on a terminal, as plain lines in a log, not at all when quiet. */
export function showProgress(verb: string, quiet: boolean | undefined): Progress {
  if (quiet) return { onTransfer: undefined, note: () => undefined, stop: () => undefined }
  return process.stderr.isTTY ? liveProgress(verb) : logProgress(verb)
}

/** What has come of the transfers so far, in bytes and in milliseconds. */
class Tally {
  readonly active = new Map<string, { descriptor: Descriptor; position: number }>()
  readonly started = systemClock.now()
  count = 0
  planned = 0
  plannedCount = 0
  done = 0
  moved = 0
  /** Of those that are done, how many had to be moved or read at all. */
  neededCount = 0

  take(event: TransferEvent): void {
    switch (event.type) {
      case "planned":
        this.planned += event.bytes
        this.plannedCount += event.count
        break
      case "started":
        this.active.set(event.descriptor.digest, { descriptor: event.descriptor, position: 0 })
        break
      case "advanced": {
        const transfer = this.active.get(event.descriptor.digest) ?? {
          descriptor: event.descriptor,
          position: 0,
        }
        this.moved += Math.max(0, event.position - transfer.position)
        this.active.set(event.descriptor.digest, { ...transfer, position: event.position })
        break
      }
      case "finished":
        this.active.delete(event.descriptor.digest)
        this.count++
        this.done += event.descriptor.size
        if (UNMOVED[event.outcome] === undefined) this.neededCount++
        break
      default:
        event satisfies never
    }
  }

  /** One line: how far, how fast, how long still. */
  summary(verb: string): string {
    const position = this.done + [...this.active.values()].reduce((sum, { position }) => sum + position, 0)
    const seconds = (systemClock.now() - this.started) / 1000
    const rate = seconds > 0 ? this.moved / seconds : 0
    const left = rate > 0 ? `, ${printSeconds((this.planned - position) / rate)} left` : ""
    const share = this.planned === 0 ? 1 : position / this.planned
    return `${verb} ${bar(share)} ${printBytes(position)} of ${printBytes(this.planned)}, ${printBytes(rate)}/s${left}`
  }

  total(verb: string): string {
    const seconds = (systemClock.now() - this.started) / 1000
    const checked = this.moved > 0 ? `; ${printBytes(this.moved)} checked in ${seconds.toFixed(1)} s` : ""
    if (this.neededCount === 0) return `${verb} ${this.count} blobs, nothing to move${checked}`
    const rate = seconds > 0.05 ? `, ${printBytes(this.moved / seconds)}/s` : ""
    return `${verb} ${this.count} blobs, ${printBytes(this.moved)} in ${seconds.toFixed(1)} s${rate}`
  }
}

function liveProgress(verb: string): Progress {
  const tally = new Tally()
  const display = createLogUpdate(process.stderr, { showCursor: true })
  let drawn = 0
  const draw = () => {
    const lines = [...tally.active.values()].map(
      ({ descriptor, position }) =>
        `  ${shortDigest(descriptor.digest)} ${bar(descriptor.size === 0 ? 1 : position / descriptor.size)} ${printBytes(position)} of ${printBytes(descriptor.size)}`,
    )
    display([...lines, tally.summary(verb)].join("\n"))
  }
  return {
    onTransfer(event) {
      tally.take(event)
      const now = systemClock.now()
      if (now - drawn < REDRAW_MS) return
      drawn = now
      draw()
    },
    note(text) {
      display.clear()
      process.stderr.write(`${visible(text)}\n`)
    },
    stop() {
      display.clear()
      display.done()
      if (tally.count > 0) process.stderr.write(`${tally.total(verb)}\n`)
    },
  }
}

function logProgress(verb: string): Progress {
  const tally = new Tally()
  let logged = systemClock.now()
  return {
    onTransfer(event) {
      tally.take(event)
      if (event.type === "finished") {
        const { digest, size } = event.descriptor
        process.stderr.write(
          `${verb} ${shortDigest(digest)} ${printBytes(size)}${UNMOVED[event.outcome] ?? ""}\n`,
        )
      } else if (systemClock.now() - logged > LOG_EVERY_MS) {
        logged = systemClock.now()
        process.stderr.write(`${tally.summary(verb)}\n`)
      }
    },
    note: (text) => void process.stderr.write(`${visible(text)}\n`),
    stop: () => {
      if (tally.count > 0) process.stderr.write(`${tally.total(verb)}\n`)
    },
  }
}

function bar(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH)
  return `[${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}]`
}
