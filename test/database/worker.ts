import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { expect, onTestFinished } from "vitest"

const RECORD_RELEASES = new URL("./record-releases.ts", import.meta.url)

export interface Worker {
  /** What it says of each change when that is answered. */
  lines: AsyncIterator<string>
  begin(): void
  /** Its exit status. */
  ended: Promise<unknown>
  kill(): Promise<void>
}

/** A process that records releases, and says the revision of each. See record-releases.ts. */
export function startRecorder(path: string, name: string, count: number, size: number): Promise<Worker> {
  return startWorker(RECORD_RELEASES, [path, name, String(count), String(size)])
}

export async function startWorker(script: URL, args: readonly string[]): Promise<Worker> {
  const child = spawn(process.execPath, [fileURLToPath(script), ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  })
  const ended = once(child, "exit").then(([status]) => status)
  onTestFinished(() => {
    child.kill("SIGKILL")
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  expect(await lines.next()).toEqual({ done: false, value: "ready" })
  return {
    lines,
    begin: () => child.stdin.write("\n"),
    ended,
    kill: async () => {
      child.kill("SIGKILL")
      await ended
    },
  }
}

export async function rest(lines: AsyncIterator<string>): Promise<string[]> {
  const found = []
  for (let line = await lines.next(); !line.done; line = await lines.next()) found.push(line.value)
  return found
}
