import { expect, test } from "vitest"
import { describeHolders, holdersIn } from "../../src/content/lock-holders.ts"

/** Minor 0x1fe is more than the eight bits that a device had once. */
const file = { dev: 0x1000fen | (8n << 8n), ino: 42n }
const line = (pid: number, place: string, mode = "WRITE") =>
  `${pid}: POSIX  ADVISORY  ${mode.padEnd(5)} ${pid} ${place} 120 120`
const lock = (...lines: string[]) => describeHolders(holdersIn([...lines, ""].join("\n"), [file]))

test.each([
  ["the file on its device", [line(7, "08:1fe:42")], "process 7"],
  ["the file, by two", [line(7, "08:1fe:42"), line(8, "08:1fe:42")], "process 7 and 8"],
  ["a file of the same number elsewhere", [line(7, "08:02:42")], "another process, perhaps 7"],
  [
    "the file, and one of the same number elsewhere",
    [line(7, "08:02:42"), line(8, "08:1fe:42")],
    "process 8",
  ],
  ["another file", [line(7, "08:1fe:43")], "another process"],
  ["the file, to read", [line(7, "08:1fe:42", "READ")], "another process"],
  ["the file, by a process of another container", [line(0, "08:1fe:42")], "another process"],
])("a lock of %s is told of as it is known", (_, lines, words) => {
  expect(lock(...lines)).toBe(words)
})
