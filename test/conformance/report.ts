/** A run of the conformance program. */
export interface ProgramReport {
  /** Its standard output: each test, the counts, and how each API and each kind of data fared. */
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

/** Switched off in `switches.ts`. */
const OFF = new Set(["Sparse Manifests"])

/** What can be tried of a registry that is only read; the program asks for ranges of what it pushed alone. */
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
export function judge(report: ProgramReport): Verdict {
  const verdict = count(report)
  const { complaints, outcomes, disabled } = verdict
  if (disabled > 0) complaints.push(`${disabled} were disabled`)
  for (const [name, outcome] of outcomes) {
    if (outcome !== "Pass" && !OFF.has(name)) complaints.push(`${name}: ${outcome}`)
  }
  if (report.status !== 0) complaints.push(`the program ended with ${report.status}`)
  return publicPart(verdict)
}

/**
 * The same where nothing may be pushed: what writes may be disabled there. How the program ended says nothing, for it
 * breaks down over its other reports (run.go, ReportResultsYAML, wants data of the pushes that it left out).
 */
export function judgeReading(report: ProgramReport): Verdict {
  const verdict = count(report)
  for (const name of READING) {
    const outcome = verdict.outcomes.get(name)
    if (outcome !== "Pass") verdict.complaints.push(`${name}: ${outcome}`)
  }
  return publicPart(verdict)
}

function count({ output }: ProgramReport) {
  const [tests = "", result = ""] = output.split(/^OCI Conformance Result: /m)
  const outcomes = new Map<string, string>()
  for (const [, name = "", outcome = ""] of result.matchAll(/^ {2}([^.:]+)\.*: +(\w+)$/gm)) {
    outcomes.set(name, outcome)
  }
  const take = (name: string) => {
    const found = outcomes.get(name)
    outcomes.delete(name)
    return Number(found ?? 0)
  }
  const passed = take("Pass")
  const failed = take("FAIL") + take("Error")
  const skipped = take("Skip")
  const disabled = take("Disabled")
  const total = take("Total")
  const complaints = named(tests)
  if (failed + skipped > 0 && complaints.length === 0) complaints.push("not everything passed")
  if (passed === 0) complaints.push("nothing passed")
  if (total !== passed + failed + skipped + disabled) complaints.push("the counts do not add up")
  return { passed, failed, skipped, disabled, outcomes, complaints }
}

function publicPart({ passed, failed, skipped, complaints }: Verdict): Verdict {
  return { passed, failed, skipped, complaints }
}

/** The tests that failed or were skipped, without those that only hold them, and the first line of the reason. */
function named(tests: string): string[] {
  const lines = tests.split("\n")
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
