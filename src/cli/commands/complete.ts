import type { Command } from "commander"
import { visible } from "../../errors/quote.ts"
import { type Candidate, readCommandLine } from "../completion/command-line.ts"
import { FILES, valuesOf } from "../completion/values.ts"

/** How long a shell may stand still while somebody types, in milliseconds. */
const PATIENCE = 1000

/**
 * Prints what the last word may be completed to, a line each: the word, a tab, and a few words about it; or `:files`. What
 * goes wrong meanwhile is no news for somebody who types: then there is nothing to complete to.
 */
export async function complete(program: Command, words: readonly string[]): Promise<void> {
  const line = readCommandLine(program, words)
  const { wanted, before, beginning } = line
  const names = async () => (await import("../completion/names.ts")).namesOf(line.context)
  let candidates: Candidate[] | typeof FILES
  if (wanted.kind === "candidates") candidates = wanted.candidates
  else if (wanted.choices.length > 0) candidates = wanted.choices.map((value) => ({ value, about: "" }))
  else {
    // A server, a database or a disk that hangs: nothing is under way here that would have to be ended in good order.
    const limit = setTimeout(() => process.exit(0), PATIENCE)
    candidates = await valuesOf(wanted.name, line, names).catch(() => [])
    clearTimeout(limit)
  }
  if (candidates === FILES) return void process.stdout.write(`:${FILES}\n`)
  const lines = candidates
    .filter(({ value }) => value.startsWith(beginning))
    .map(({ value, about }) => `${before}${value}\t${visible(about)}\n`)
  process.stdout.write(lines.join(""))
}
