const ESCAPE = "\u001b"

/** A character, or what steers the terminal instead. */
const TOKEN = new RegExp(String.raw`${ESCAPE}\[[0-9;?]*[A-Za-z]|[\s\S]`, "g")

/**
 * What stands on a terminal in the end, line by line, after all that was written: of what steers it, a return to the
 * beginning of the line and the wiping out of its rest count, which is what one line in place needs.
 */
export function screenOf(written: string): string[] {
  const lines = [""]
  let column = 0
  for (const [token] of written.matchAll(TOKEN)) {
    const line = lines.at(-1) ?? ""
    if (token === "\n") {
      lines.push("")
      column = 0
    } else if (token === "\r") {
      column = 0
    } else if (token === `${ESCAPE}[K`) {
      lines[lines.length - 1] = line.slice(0, column)
    } else if (!token.startsWith(ESCAPE)) {
      lines[lines.length - 1] = line.slice(0, column).padEnd(column) + token + line.slice(column + 1)
      column++
    }
  }
  return lines
}
