import { describe, expect, test } from "vitest"
import { judge, type ProgramReport } from "./report.ts"

const READING = `apis:
  Ping: Pass
  Tag listing: Pass
  Blob get: Pass
  Blob head: Pass
  Manifest get by digest: Pass
  Manifest get by tag: Pass
  Manifest head by digest: Pass
  Manifest head by tag: Pass
  Referrers: Pass
`

/** What the program leaves of a run in which all went well, but for this. */
function report(overrides: Partial<ProgramReport> = {}): ProgramReport {
  return {
    junit: '<testsuites time="3.6" tests="9"><testsuite tests="1" failures="7"></testsuite></testsuites>',
    results: `${READING}data:\n  Image: Pass\n  Sparse Manifests: Disabled\n`,
    output: "Test results\nOCI Conformance Test: Pass\n  OCI Conformance Test/ping: Pass\n",
    status: 0,
    ...overrides,
  }
}

test("a run in which everything passed is well", () => {
  const verdict = { passed: 9, failed: 0, skipped: 0, complaints: [] }
  expect(judge(report(), "reading and writing")).toEqual(verdict)
  expect(judge(report(), "reading only")).toEqual(verdict)
})

test("what reads only may be disabled where it only reads", () => {
  const disabled = report({ junit: '<testsuites tests="9" disabled="3">' })
  expect(judge(disabled, "reading only")).toMatchObject({ passed: 6, complaints: [] })
  expect(judge(disabled, "reading and writing").complaints).toEqual(["3 were disabled"])
})

describe("a run is not well", () => {
  test.each<[string, Partial<ProgramReport>, string[]]>([
    [
      "with a test that failed",
      {
        junit: '<testsuites tests="9" failures="1" errors="1">',
        output:
          "  OCI Conformance Test/empty: FAIL\n    OCI Conformance Test/empty/tag list: FAIL\n     - was 404\n",
        status: 1,
      },
      ["empty/tag list: FAIL - was 404", "the program ended with 1"],
    ],
    [
      "with a part that the registry does not support, of which the program makes nothing",
      {
        junit: '<testsuites tests="9" skipped="1">',
        output: "  OCI Conformance Test/empty: Pass\n    OCI Conformance Test/empty/tag list: Skip\n",
      },
      ["empty/tag list: Skip"],
    ],
    [
      "with a part that nothing tried",
      { results: READING.replace("Referrers: Pass", "Referrers: Unknown") },
      ["Referrers: Unknown"],
    ],
    ["without a test", { junit: "<testsuites>" }, ["nothing passed"]],
  ])("%s", (_, overrides, complaints) => {
    expect(judge(report(overrides), "reading and writing").complaints).toEqual(complaints)
  })
})
