import { execFile, spawnSync } from "node:child_process"
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { describe, expect, test } from "vitest"
import { leftOutWithout } from "../vitest.config.ts"
import { temporaryFolder } from "./support/temporary-folder.ts"

const ROOT = join(import.meta.dirname, "..")

type Step = "test" | "test-long" | "interop" | "conformance"

/** Runs `.ci/run` over these recipes of its steps; the others do nothing. */
async function ciRun(given: Partial<Record<Step, string>>, env = process.env) {
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
  const { stdout, code } = await promisify(execFile)(join(folder, ".ci", "run"), { env }).then(
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

test.each([
  [undefined, "true"],
  ["", "true"],
  ["1", "1"],
  ["false", "false"],
])("with CI=%j around it, .ci/run runs its steps with CI=%s", async (given, inside) => {
  const env = { ...process.env, CI: given }
  const passes = { test: `[ "$$CI" = ${inside} ] && ${report("test", 1)}` }
  expect(await ciRun(passes, env)).toMatchObject({ last: "1 passed, 0 failed", code: 0 })
})

/** What a configuration leaves out in a folder without any tools. */
async function leftOut(config: string, ci: string | undefined): Promise<string[]> {
  const url = new URL(`../${config}`, import.meta.url)
  const script = `console.log(JSON.stringify((await import("${url}")).default.test.exclude))`
  const { stdout } = await promisify(execFile)(process.execPath, ["--eval", script], {
    cwd: await temporaryFolder(),
    env: { ...process.env, CI: ci },
  })
  return JSON.parse(stdout.split("\n").findLast((line) => line.startsWith("[")) ?? "") as string[]
}

test.each([
  ["1", false],
  [undefined, true],
])("with CI=%j, tests without their tools are left out: %j", async (ci, isLeftOut) => {
  const tests = "test/interop/go-*.test.ts"
  expect((await leftOut("vitest.interop.config.ts", ci)).includes(tests)).toBe(isLeftOut)
})

test("what is CI is decided by one script", () => {
  const status = (ci: string | undefined) =>
    spawnSync(join(ROOT, "scripts", "in-ci"), { env: { ...process.env, CI: ci } }).status
  expect(["true", "1", "yes"].map(status)).toEqual([0, 0, 0])
  expect([undefined, "", "0", "false"].map(status)).toEqual([1, 1, 1, 1])
})

test("tests whose tools are there are never left out", () => {
  expect(leftOutWithout(["/usr/lib/postgresql/17/bin/initdb"], "test/x.test.ts")).toEqual([])
})
