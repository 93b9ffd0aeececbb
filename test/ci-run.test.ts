import { execFile } from "node:child_process"
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { describe, expect, test } from "vitest"
import { temporaryFolder } from "./support/temporary-folder.ts"

const ROOT = join(import.meta.dirname, "..")

/** Runs `.ci/run` over these recipes of its three steps. */
async function ciRun(recipes: { test: string; interop: string; conformance: string }) {
  const folder = await temporaryFolder()
  await mkdir(join(folder, ".ci"))
  await copyFile(join(ROOT, ".ci", "run"), join(folder, ".ci", "run"))
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
  test.each([
    ["all passed", test7, interop2, report("conformance", 30), "39 passed, 0 failed", 0],
    ["a test failed", `${report("test", 7, 1)}; exit 1`, interop2, "true", "9 passed, 1 failed", 1],
    ["a test was skipped", report("test", 7, 0, 1), interop2, "true", "9 passed, 1 failed", 1],
    ["the linter failed", "exit 1", interop2, "true", "2 passed, 1 failed", 1],
    ["the tools of others are missing", test7, "true", "true", "7 passed, 0 failed", 0],
    ["they are missing in CI", test7, "exit 1", "true", "7 passed, 1 failed", 1],
    [
      "it does not conform",
      test7,
      interop2,
      `${report("conformance", 28, 2)}; exit 1`,
      "37 passed, 2 failed",
      1,
    ],
    [
      "it does not support a part",
      test7,
      interop2,
      report("conformance", 29, 0, 1),
      "38 passed, 1 failed",
      1,
    ],
    ["the registry does not start", test7, interop2, "exit 1", "9 passed, 1 failed", 1],
    ["no test ran", "true", "true", "true", "0 passed, 1 failed", 1],
  ])("%s", async (_, recipe, interop, conformance, last, code) => {
    expect(await ciRun({ test: recipe, interop, conformance })).toMatchObject({ last, code })
  })
})

test("every kind of test writes the report that .ci/run reads", async () => {
  const script = await readFile(join(ROOT, ".ci", "run"), "utf8")
  for (const [file, name] of [
    ["vitest.config.ts", "test"],
    ["vitest.interop.config.ts", "interop"],
    ["test/conformance/main.ts", "conformance"],
  ] as const) {
    const report = `.cache/${name}.json`
    expect(script).toContain(report)
    expect(await readFile(join(ROOT, file), "utf8")).toContain(`${name}.json`)
  }
})
