import { parse } from "yaml"

/** What the conformance program writes of a run. */
export interface ProgramReport {
  /** `junit.xml`, which counts. */
  junit: string
  /** `results.yaml`, which says how each API and each kind of data fared. */
  results: string
  /** Its standard output, which names what failed. */
  output: string
  /** What it ended with. */
  status: number | null
}

export interface Verdict {
  passed: number
  failed: number
  skipped: number
  /** What is wrong, a line each; none when all is well. */
  complaints: string[]
}

/** With sparse manifests off, and in a read-only registry with what writes off. */
const MAY_BE_DISABLED = new Set(["Sparse Manifests"])
const READING = [
  "Ping",
  "Tag listing",
  "Blob get",
  "Blob head",
  "Manifest get by digest",
  "Manifest get by tag",
  "Manifest head by digest",
  "Manifest head by tag",
  "Referrers",
]

/**
 * Judges more strictly than the program, for which what a registry does not support, and so skips, is no failure:
 * here nothing may be skipped, and everything that was switched on has to have passed.
 */
export function judge(report: ProgramReport, kind: "reading and writing" | "reading only"): Verdict {
  const [suites = ""] = /<testsuites[^>]*>/.exec(report.junit) ?? []
  const count = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suites)?.[1] ?? 0)
  const failed = count("failures") + count("errors")
  const skipped = count("skipped")
  const disabled = count("disabled")
  const passed = count("tests") - failed - skipped - disabled
  const { apis = {}, data = {} } = (parse(report.results) ?? {}) as Partial<
    Record<"apis" | "data", Record<string, string>>
  >
  const complaints = named(report.output)
  if (report.status !== 0) complaints.push(`the program ended with ${report.status}`)
  else if (failed + skipped > 0 && complaints.length === 0) complaints.push("not everything passed")
  if (passed <= 0) complaints.push("nothing passed")
  if (kind === "reading and writing") {
    if (disabled > 0) complaints.push(`${disabled} were disabled`)
    for (const [name, outcome] of Object.entries({ ...apis, ...data })) {
      if (outcome !== "Pass" && !MAY_BE_DISABLED.has(name)) complaints.push(`${name}: ${outcome}`)
    }
  } else {
    for (const name of READING) {
      if (apis[name] !== "Pass") complaints.push(`${name}: ${apis[name] ?? "not tried"}`)
    }
  }
  return { passed, failed, skipped, complaints }
}

/** The tests that failed or were skipped, without those that only hold them, and the first line of the reason. */
function named(output: string): string[] {
  const lines = output.split("\n")
  const complaints: string[] = []
  for (const [at, line] of lines.entries()) {
    const [, indent = "", name = ""] =
      /^( *)OCI Conformance Test\/(.*: (?:FAIL|Error|Skip))$/.exec(line) ?? []
    const next = lines[at + 1] ?? ""
    if (name === "" || next.startsWith(`${indent}  OCI Conformance Test/`)) continue
    const reason = next.startsWith(`${indent} - `) ? next.slice(indent.length) : ""
    complaints.push(name + reason)
  }
  return complaints
}
