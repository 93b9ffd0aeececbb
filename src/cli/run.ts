import { constants } from "node:os"
import { CommanderError } from "commander"
import { type Description, describeError } from "../errors/describe.ts"
import { visible } from "../errors/quote.ts"
import { reasonOf } from "../errors/reason.ts"
import { WaybillError } from "../errors/waybill-error.ts"
import { withCommand } from "./command-hints.ts"
import { interruption } from "./interruption.ts"
import { printDocument, say } from "./output.ts"
import { makeProgram } from "./program.ts"
import { UsageError } from "./usage-error.ts"

/** Signals that end a command in good order. */
type Ending = "SIGINT" | "SIGTERM"

/** What shells say of a command that a signal has ended, from here on: 130 for Ctrl-C. */
const SIGNALLED = 128

/**
 * Runs one command line and returns its exit status: 0 done, 1 it failed, 2 the command line is wrong, 130 interrupted by
 * Ctrl-C, 143 by SIGTERM.
 */
export async function run(words: readonly string[]): Promise<number> {
  let interrupted: number | undefined
  const interrupt = (name: Ending) => {
    const status = SIGNALLED + constants.signals[name]
    // A second signal ends the program where it stands: that is safe, only not tidy.
    if (interrupted !== undefined) process.exit(status)
    interrupted = status
    interruption.abort(
      new WaybillError("INTERRUPTED", `interrupted by ${name}`, {
        hint: "run the same command again: what was done of it by then need not be done once more",
      }),
    )
  }
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt)
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // The reader of a pipe went away: nothing is left to say to it.
    if (error.code !== "EPIPE") explain(outputFailed(error), words)
    process.exit(interrupted ?? 1)
  })
  // Progress that nobody reads is no reason to break off.
  process.stderr.on("error", () => undefined)
  try {
    await makeProgram(interruption.signal).parseAsync(words, { from: "user" })
    // A command that has done its work may still have found something wrong.
    return Number(process.exitCode ?? 0)
  } catch (error) {
    if (interrupted === undefined) return report(error, words)
    // Whatever the interruption broke: that it was one says it best.
    report(interruption.signal.reason, words)
    return interrupted
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt)
  }
}

function report(error: unknown, words: readonly string[]): number {
  if (error instanceof CommanderError) {
    // commander has printed its message or the help by itself.
    if (error.exitCode === 0) return 0
    printJson({ code: "USAGE", message: error.message.replace(/^error: /, "") }, words)
    return 2
  }
  printJson(withCommand(describeError(error)), words)
  explain(error, words)
  return error instanceof UsageError ? 2 : 1
}

function outputFailed(cause: NodeJS.ErrnoException): WaybillError {
  return new WaybillError("OUTPUT_FAILED", `standard output cannot be written: ${reasonOf(cause)}`, {
    hint: "look at what it leads to: a file on a disk that is full, or a device",
    cause,
  })
}

/** Says on standard error what went wrong. */
function explain(error: unknown, words: readonly string[]): void {
  const { message, hint } = withCommand(describeError(error))
  say(`error: ${visible(message)}\n${hint === undefined ? "" : `hint: ${visible(hint)}\n`}`)
  if (words.includes("--debug")) process.stderr.write(`${describeStack(error)}\n`)
}

function printJson(error: Partial<Description>, words: readonly string[]): void {
  if (words.includes("--json")) printDocument({ error })
}

function describeStack(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const cause =
    error instanceof Error && error.cause !== undefined ? `\ncaused by: ${describeStack(error.cause)}` : ""
  return describeError(`${stack}${cause}`).message
}
