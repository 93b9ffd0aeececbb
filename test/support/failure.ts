import { expect } from "vitest"
import type { Machine, Outcome, RunOptions } from "./cli.ts"
import { snapshot } from "./snapshot.ts"

/** What systems, Node and zod say, which no message repeats: codes and names of calls, and how zod begins. */
const RAW = /\b(?:E[A-Z]{3,}|ERR_[A-Z_]+|scandir|errno|syscall|undefined|Invalid input|unable to open)\b/

/** A command that failed as a person wants it: what is wrong, what to do next, and nothing else. */
export function expectFailure({ status, stdout, stderr }: Outcome, error: RegExp, expected = 1): void {
  expect(stderr).toMatch(/^error: ./m)
  expect(stderr).toMatch(error)
  expect(stderr).toMatch(/^hint: ./m)
  expect(stderr).not.toMatch(/^\s+at /m)
  expect(stderr).not.toMatch(RAW)
  expect({ status, stdout }).toEqual({ status: expected, stdout: "" })
}

/** The same, and it left everything as it was. */
export async function expectFailureWithoutChange(
  machine: Machine,
  words: string,
  error: RegExp,
  options?: RunOptions,
): Promise<void> {
  const before = await snapshot(machine)
  expectFailure(await machine.run(words, options), error)
  expect(await snapshot(machine)).toEqual(before)
}
