import { visible } from "../errors/quote.ts"
import { say } from "./output.ts"
import type { Progress } from "./progress.ts"
import type { Tally, Verb } from "./tally.ts"

/** Between two lines, in milliseconds. */
const EVERY = 10_000

/** A line when it begins, one every ten seconds of work, one in the end, however many blobs there are. */
export function plainProgress(verb: Verb, tally: Tally): Progress {
  let isNoted = false
  let timer: NodeJS.Timeout | undefined
  return {
    onTransfer(event) {
      tally.take(event)
      if (event.type !== "planned") return
      // What is taken in image by image has been told of before each of them.
      if (!isNoted) say(`${tally.plan()}\n`)
      timer ??= setInterval(() => say(`${verb}: ${tally.state()}\n`), EVERY).unref()
    },
    note(text) {
      isNoted = verb === "taking in"
      say(`${visible(text)}\n`)
    },
    stop() {
      clearInterval(timer)
      if (tally.count > 0) say(`${tally.result()}\n`)
    },
  }
}
