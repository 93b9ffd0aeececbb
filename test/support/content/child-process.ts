import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { onTestFinished } from "vitest"

const SCRIPT = fileURLToPath(new URL("./store-process.ts", import.meta.url))

/** A process of this test, which ends with it, and the lines that it prints. */
export class StoreProcess {
  readonly process: ChildProcess
  readonly lines: string[] = []
  readonly #output: AsyncIterator<string>

  /** `shell` is run before the command, as `ulimit -f 100`; `prefix` is what runs it, as `unshare --pid`. */
  constructor(args: readonly string[], shell = "true", prefix = "") {
    const command = [process.execPath, SCRIPT, ...args]
    this.process = spawn("sh", ["-c", `${shell} && exec ${prefix} "$0" "$@"`, ...command], {
      stdio: ["pipe", "pipe", "inherit"],
    })
    if (!this.process.stdout) throw new Error("no pipe")
    this.#output = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]()
    onTestFinished(() => {
      this.process.kill("SIGKILL")
    })
  }

  /** The next line that it prints. */
  async next(): Promise<string> {
    const { value = "" } = await this.#output.next()
    return value
  }

  /** Reads on until a line is printed, or to the end of the output. */
  async until(line?: string): Promise<void> {
    for (let next = await this.#output.next(); !next.done; next = await this.#output.next()) {
      this.lines.push(next.value)
      if (next.value === line) return
    }
  }

  async kill(): Promise<void> {
    const ended = once(this.process, "exit")
    this.process.kill("SIGKILL")
    await ended
  }

  /** Everything that it printed, once it has ended by itself. */
  async finish(): Promise<string[]> {
    await this.until()
    return this.lines
  }
}
