import { UsageError } from "./usage-error.ts"

/**
 * Works on what a command line names: the bytes on standard input for `-`, which is let go of behind it, else a
 * file's path. Throws when standard input is a terminal.
 */
export async function withInput<Result>(
  file: string,
  work: (input: string | AsyncIterable<Uint8Array>) => Promise<Result>,
): Promise<Result> {
  if (file !== "-") return work(file)
  if (process.stdin.isTTY) {
    throw new UsageError("USAGE", "standard input is a terminal", {
      hint: "pipe what is to be read into this command, or name a file",
    })
  }
  try {
    return await work(process.stdin)
  } finally {
    // A writer that keeps its end of the pipe open would keep this program running.
    process.stdin.destroy()
  }
}

/** Of a secret on standard input, in bytes. */
const MAX_SECRET = 1000

/** Reads a secret that is piped in, without the line's end. Throws when there is none. */
export async function readSecret(): Promise<string> {
  return withInput("-", async (input) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of input as AsyncIterable<Uint8Array>) {
      chunks.push(chunk)
      if (Buffer.concat(chunks).length > MAX_SECRET) break
    }
    const secret = Buffer.concat(chunks).toString().trim()
    if (secret !== "") return secret
    throw new UsageError("USAGE", "standard input is empty, where a token should be", {
      hint: "the first start of `waybill serve` prints one, shortly before it listens; later starts print none",
    })
  })
}
