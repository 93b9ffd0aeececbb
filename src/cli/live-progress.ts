import { createLogUpdate } from "log-update"
import { visible } from "../errors/quote.ts"
import { systemClock } from "../system-clock.ts"
import { printBytes, shortDigest } from "./format.ts"
import { say, showOnTerminal } from "./output.ts"
import type { Progress } from "./progress.ts"
import type { Tally, Verb } from "./tally.ts"

const REDRAW_MS = 100
const BAR_WIDTH = 24
/** Of a terminal that does not tell. */
const COLUMNS = 80

/** What is drawn in place, and how it is taken away again. */
interface Drawing {
  draw(lines: readonly string[]): void
  clear(): void
}

/** Draws how far it is, in place: in one line, or with a line for each transfer above it. */
export function liveProgress(verb: Verb, tally: Tally, isOneLine: boolean): Progress {
  const drawing = isOneLine ? oneLine() : manyLines()
  let drawn = 0
  showOnTerminal(drawing)
  return {
    onTransfer(event) {
      tally.take(event)
      const now = systemClock.now()
      if (now - drawn < REDRAW_MS) return
      drawn = now
      const lines = [...tally.active.values()].map(
        ({ descriptor: { digest, size }, position }) =>
          `  ${shortDigest(digest)} ${bar(size === 0 ? 1 : position / size)} ${printBytes(position)} of ${printBytes(size)}`,
      )
      drawing.draw([...lines, `${verb} ${bar(tally.share)} ${tally.state()}`])
    },
    note: (text) => say(`${visible(text)}\n`),
    stop() {
      drawing.clear()
      showOnTerminal(undefined)
      if (tally.count > 0) say(`${tally.result()}\n`)
    },
  }
}

function manyLines(): Drawing {
  const display = createLogUpdate(process.stderr, { showCursor: true })
  return { draw: (lines) => display(lines.join("\n")), clear: () => display.clear() }
}

/** Stays on its line, without an end: what another program writes meanwhile begins by wiping that out (see `say`). */
function oneLine(): Drawing {
  let isDrawn = false
  return {
    draw(lines) {
      isDrawn = true
      const line = lines.at(-1) ?? ""
      process.stderr.write(`\r\u001b[K${line.slice(0, (process.stderr.columns ?? COLUMNS) - 1)}`)
    },
    clear() {
      if (isDrawn) process.stderr.write("\r\u001b[K")
      isDrawn = false
    },
  }
}

function bar(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH)
  return `[${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}]`
}
