import { visible } from "../errors/quote.ts"
import type { CommonOptions } from "./options.ts"

let isPrinted = false

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

export function warn(text: string): void {
  process.stderr.write(`warning: ${visible(text)}\n`)
}
