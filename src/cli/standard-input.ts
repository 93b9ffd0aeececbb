import { UsageError } from "./usage-error.ts"

/** The bytes on standard input. Throws when that is a terminal. */
export function standardInput(): AsyncIterable<Uint8Array> {
  if (!process.stdin.isTTY) return process.stdin
  throw new UsageError("USAGE", "standard input is a terminal", {
    hint: "pipe a bundle into this command, or name a file",
  })
}
