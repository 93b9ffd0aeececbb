import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"

/** Another program that reads YAML: a question on each line, its answer on the next, both in JSON. */
export class YamlReader {
  readonly #child
  readonly #answers

  constructor(command: string, args: readonly string[] = []) {
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] })
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  /** What it understood. Throws in its own words when it refuses. */
  async read(question: unknown): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(question)}\n`)
    const { value, done } = await this.#answers.next()
    if (done) throw new Error("it ended without an answer")
    const answer = JSON.parse(value) as { value: unknown } | { error: string }
    if ("error" in answer) throw new Error(answer.error)
    return answer.value
  }

  async close(): Promise<void> {
    const closed = once(this.#child, "close")
    this.#child.stdin.end()
    await closed
  }
}
