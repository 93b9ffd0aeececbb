import type { TransferListener } from "../content/transfer-event.ts"
import { visible } from "../errors/quote.ts"
import { liveProgress } from "./live-progress.ts"
import type { ProgressOptions } from "./options.ts"
import { say } from "./output.ts"
import { plainProgress } from "./plain-progress.ts"
import { Tally, type Verb } from "./tally.ts"

export interface Progress {
  onTransfer: TransferListener | undefined
  /** Says what comes next. */
  note(text: string): void
  /** Ends the display; what is printed next stands below it. */
  stop(): void
}

/**
 * Shows transfers on standard error: live on a terminal, in a log as a few lines, not at all when quiet. `pipe` says that
 * the bundle comes in or goes out through a pipe, so that a second command may show its own on the same terminal: then who
 * writes steps back and says in the end alone what was done, and who reads draws one line, which others' lines push on.
 */
export function showProgress(
  verb: Verb,
  { progress, quiet }: ProgressOptions,
  pipe?: "in" | "out" | undefined,
): Progress {
  const isTerminal = process.stderr.isTTY === true
  const how = quiet ? "none" : (progress ?? (isTerminal ? "tty" : "plain"))
  const tally = new Tally(verb)
  switch (how) {
    case "none":
      return { onTransfer: undefined, note: () => undefined, stop: () => undefined }
    case "plain":
      return plainProgress(verb, tally)
    case "tty":
      return pipe === "out" && progress === undefined
        ? inTheEnd(tally)
        : liveProgress(verb, tally, pipe !== undefined)
    default:
      return how satisfies never
  }
}

function inTheEnd(tally: Tally): Progress {
  return {
    onTransfer: (event) => tally.take(event),
    note: (text) => say(`${visible(text)}\n`),
    stop: () => {
      if (tally.count > 0) say(`${tally.result()}\n`)
    },
  }
}
