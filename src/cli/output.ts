import { once } from "node:events"
import { visible } from "../errors/quote.ts"
import type { CommonOptions } from "./options.ts"

let isPrinted = false

/** Takes what is drawn on the terminal away. */
let display: { clear(): void } | undefined

/** Prints a command's result on standard output: as text, or as one JSON document. */
export function printResult(options: CommonOptions, value: unknown, text: string): void {
  if (options.json) printDocument(value)
  else process.stdout.write(text)
}

/** Prints JSON on standard output, unless something was before: two documents behind each other are none. */
export function printDocument(value: unknown): void {
  if (isPrinted) return
  isPrinted = true
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`)
}

/** The same of a document that is made in pieces, and not held whole. */
export async function printPieces(pieces: Iterable<string>): Promise<void> {
  if (isPrinted) return
  isPrinted = true
  for (const piece of pieces) if (!process.stdout.write(piece)) await once(process.stdout, "drain")
}

/** Says that something is drawn on the terminal from now on, or is no more. */
export function showOnTerminal(drawn: { clear(): void } | undefined): void {
  display = drawn
}

/**
 * Says something on standard error: whole lines, below what was said before. Where standard output goes into a pipe, the
 * command that reads it may have drawn on the same terminal, and left its line without an end: that is wiped out.
 */
export function say(lines: string): void {
  display?.clear()
  const isShared = process.stderr.isTTY && !process.stdout.isTTY
  process.stderr.write(isShared ? `\r\u001b[K${lines}` : lines)
}

export function warn(text: string): void {
  say(`warning: ${visible(text)}\n`)
}
