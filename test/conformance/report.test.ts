import { describe, expect, test } from "vitest"
import { judge, judgeReading, type ProgramReport } from "./report.ts"

const TESTS = "Test results\nOCI Conformance Test: Pass\n  OCI Conformance Test/ping: Pass\n"
const RESULT = `
OCI Conformance Result: Pass
  Disabled......................:          0
  Skip..........................:          0
  Pass..........................:          9
  FAIL..........................:          0
  Error.........................:          0
  Total.........................:          9

API conformance:
  Ping..........................:       Pass
  Tag listing...................:       Pass
  Blob get......................:       Pass
  Blob head.....................:       Pass
  Manifest get by digest........:       Pass
  Manifest get by tag...........:       Pass
  Manifest head by digest.......:       Pass
  Manifest head by tag..........:       Pass
  Referrers.....................:       Pass

Data conformance:
  Image.........................:       Pass
  Sparse Manifests..............:   Disabled
`

/** What the program prints of a run in which all went well, but for these words of the result. */
function report(replaced: Record<string, string> = {}, tests = TESTS, status = 0): ProgramReport {
  let result = RESULT
  for (const [name, value] of Object.entries(replaced)) {
    result = result.replace(new RegExp(`^(  ${name}\\.*: +)\\w+$`, "m"), `$1${value}`)
  }
  return { output: tests + result, status }
}

test("a run in which everything passed is well", () => {
  const verdict = { passed: 9, failed: 0, skipped: 0, complaints: [] }
  expect(judge(report())).toEqual(verdict)
  expect(judgeReading(report())).toEqual(verdict)
})

test("what writes may be disabled where the program only reads, and it may end as it likes", () => {
  const disabled = report({ Pass: "6", Disabled: "3" }, TESTS, 2)
  expect(judge(disabled).complaints).toEqual(["3 were disabled", "the program ended with 2"])
  expect(judgeReading(disabled)).toMatchObject({ passed: 6, complaints: [] })
})

describe.each([
  ["reading and writing", judge],
  ["reading", judgeReading],
])("a run of %s is not well", (_, judged) => {
  test.each<[string, ProgramReport, string]>([
    [
      "with a test that failed",
      report(
        { Pass: "8", FAIL: "1" },
        "  OCI Conformance Test/empty: FAIL\n    OCI Conformance Test/empty/tag list: FAIL\n     - was 404\n",
      ),
      "empty/tag list: FAIL - was 404",
    ],
    [
      "with a part that the registry does not support, of which the program makes nothing",
      report(
        { Pass: "8", Skip: "1" },
        "  OCI Conformance Test/empty: Pass\n    OCI Conformance Test/empty/tag list: Skip\n",
      ),
      "empty/tag list: Skip",
    ],
    ["with a failure that has no name", report({ Pass: "8", Error: "1" }), "not everything passed"],
    ["with a part that nothing tried", report({ Referrers: "Unknown" }), "Referrers: Unknown"],
    ["without a test", report({ Pass: "0", Total: "0" }), "nothing passed"],
    ["with counts of something else", report({ Total: "10" }), "the counts do not add up"],
    ["that broke off", { output: TESTS, status: 0 }, "nothing passed"],
  ])("%s", (_, run, complaint) => {
    expect(judged(run).complaints).toContain(complaint)
  })
})
