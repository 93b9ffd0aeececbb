import { CommanderError } from "commander"
import { describeError } from "../errors/describe.ts"
import { makeProgram } from "./program.ts"
import { UsageError } from "./usage-error.ts"

/** Runs one command line and returns its exit status: 0 done, 1 it failed, 2 the command line is wrong. */
export async function run(words: readonly string[]): Promise<number> {
  const stop = new AbortController()
  const interrupt = () => {
    // A second signal ends the program where it stands: that is safe, only not tidy.
    if (stop.signal.aborted) process.exit(1)
    stop.abort(new Error("interrupted"))
  }
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt)
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // The reader of a pipe went away: nothing is left to say to it.
    if (error.code === "EPIPE") process.exit(1)
  })
  try {
    await makeProgram(stop.signal).parseAsync(words, { from: "user" })
    return 0
  } catch (error) {
    return report(error, words)
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt)
  }
}

function report(error: unknown, words: readonly string[]): number {
  // commander has printed its message or the help by itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  const { code, message, hint } = describeError(error)
  if (words.includes("--json"))
    process.stdout.write(`${JSON.stringify({ error: { code, message, hint } }, undefined, 2)}\n`)
  process.stderr.write(`error: ${message}\n${hint === undefined ? "" : `hint: ${hint}\n`}`)
  if (words.includes("--debug")) process.stderr.write(`${describeStack(error)}\n`)
  return error instanceof UsageError ? 2 : 1
}

function describeStack(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const cause =
    error instanceof Error && error.cause !== undefined ? `\ncaused by: ${describeStack(error.cause)}` : ""
  return describeError(`${stack}${cause}`).message
}
