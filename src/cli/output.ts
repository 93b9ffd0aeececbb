import { visible } from "../errors/quote.ts"
import type { CommonOptions } from "./options.ts"

/** Prints a command's result on standard output: as text, or as one JSON document. */
export function printResult(options: CommonOptions, value: unknown, text: string): void {
  process.stdout.write(options.json ? `${JSON.stringify(value, undefined, 2)}\n` : text)
}

export function warn(text: string): void {
  process.stderr.write(`warning: ${visible(text)}\n`)
}
