import { execFile } from "node:child_process"
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { describe, expect, test } from "vitest"
import { missingPrograms } from "../vitest.config.ts"
import { temporaryFolder } from "./support/temporary-folder.ts"

const ROOT = join(import.meta.dirname, "..")

type Step = "test" | "test-long" | "interop" | "conformance"

/** Runs `.ci/run` over these recipes of its steps; the others do nothing. */
async function ciRun(given: Partial<Record<Step, string>>) {
  const folder = await temporaryFolder()
  await mkdir(join(folder, ".ci"))
  await copyFile(join(ROOT, ".ci", "run"), join(folder, ".ci", "run"))
  const recipes = { test: "true", "test-long": "true", interop: "true", conformance: "true", ...given }
  await writeFile(
    join(folder, "Makefile"),
    Object.entries(recipes)
      .map(([name, recipe]) => `.PHONY: ${name}\n${name}:\n\t@${recipe}\n`)
      .join(""),
  )
  const { stdout, code } = await promisify(execFile)(join(folder, ".ci", "run")).then(
    ({ stdout }) => ({ stdout, code: 0 }),
    (error: { stdout: string; code: number }) => error,
  )
  return { last: stdout.trimEnd().split("\n").at(-1), code }
}

function report(file: string, passed: number, failed = 0, pending = 0): string {
  const counts = {
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: pending,
    numTodoTests: 0,
  }
  return `echo '${JSON.stringify(counts)}' > .cache/${file}.json`
}

describe("the last line of .ci/run counts all tests, and its status says whether all is well", () => {
  const test7 = report("test", 7)
  const interop2 = report("interop", 2)
  const rest = { test: test7, interop: interop2 }
  test.each<[string, Partial<Record<Step, string>>, string, number]>([
    ["all passed", { ...rest, conformance: report("conformance", 30) }, "39 passed, 0 failed", 0],
    [
      "a test failed",
      { interop: interop2, test: `${report("test", 7, 1)}; exit 1` },
      "9 passed, 1 failed",
      1,
    ],
    ["long ones passed, too", { ...rest, "test-long": report("test-long", 5) }, "14 passed, 0 failed", 0],
    [
      "a long one failed",
      { ...rest, "test-long": `${report("test-long", 4, 1)}; exit 1` },
      "13 passed, 1 failed",
      1,
    ],
    ["long ones did not run to their end", { ...rest, "test-long": "exit 1" }, "9 passed, 1 failed", 1],
    ["a test was skipped", { interop: interop2, test: report("test", 7, 0, 1) }, "9 passed, 1 failed", 1],
    ["the linter failed", { interop: interop2, test: "exit 1" }, "2 passed, 1 failed", 1],
    ["the tools of others are missing", { test: test7 }, "7 passed, 0 failed", 0],
    ["they are missing in CI", { test: test7, interop: "exit 1" }, "7 passed, 1 failed", 1],
    [
      "it does not conform",
      { ...rest, conformance: `${report("conformance", 28, 2)}; exit 1` },
      "37 passed, 2 failed",
      1,
    ],
    [
      "it does not support a part",
      { ...rest, conformance: report("conformance", 29, 0, 1) },
      "38 passed, 1 failed",
      1,
    ],
    ["the registry does not start", { ...rest, conformance: "exit 1" }, "9 passed, 1 failed", 1],
    ["no test ran", {}, "0 passed, 1 failed", 1],
  ])("%s", async (_, recipes, last, code) => {
    expect(await ciRun(recipes)).toMatchObject({ last, code })
  })
})

test("every kind of test writes the report that .ci/run reads", async () => {
  const script = await readFile(join(ROOT, ".ci", "run"), "utf8")
  for (const [file, name] of [
    ["vitest.config.ts", "test"],
    ["vitest.long.config.ts", "test-long"],
    ["vitest.interop.config.ts", "interop"],
    ["test/conformance/main.ts", "conformance"],
  ] as const) {
    const report = `.cache/${name}.json`
    expect(script).toContain(report)
    expect(await readFile(join(ROOT, file), "utf8")).toContain(`${name}.json`)
  }
})

test("tests of what is not installed are left out, but not in CI", () => {
  const all = () => true
  const none = () => false
  const names = (...given: Parameters<typeof missingPrograms>) =>
    missingPrograms(...given).map(({ from }) => from)
  expect(names(all, true, undefined)).toEqual([])
  expect(names(none, true, undefined)).toEqual(["postgresql", "python3-yaml", "debootstrap", "zsh", "fish"])
  expect(names(all, false, undefined)).toEqual(["debootstrap"])
  expect(names(none, false, "true")).toEqual([])
})
