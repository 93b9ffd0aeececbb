import { existsSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { Machine } from "../support/cli.ts"

/** What is wrong, the command line, and what the error says. */
const WRONG: [what: string, words: string[], error: RegExp][] = [
  ["an unknown command", ["ship"], /unknown command 'ship'/],
  ["an unknown command of a group", ["release", "ship"], /unknown command 'ship'/],
  ["an unknown option", ["fleet", "list", "--sorted"], /unknown option '--sorted'/],
  ["an argument too many", ["fleet", "show", "acme/edge", "site/edge"], /too many arguments/],
  ["a missing fleet", ["release", "list"], /missing required argument 'fleet'/],
  [
    "a missing compose file",
    ["release", "create", "acme/edge"],
    /there is none of compose\.yaml, compose\.yml, docker-compose\.yml, docker-compose\.yaml in \//,
  ],
  [
    "standard input for two compose files",
    ["release", "create", "acme/edge", "-f", "-", "-f", "-"],
    /standard input can be read once/,
  ],
  ["no commit that failed", ["release", "record-failure", "acme/edge"], /required option '--commit/],
  [
    "a release to invalidate without its version",
    ["release", "invalidate", "acme/edge"],
    /which one is to be invalidated/,
  ],
  ["a missing output", ["release", "export", "acme/edge"], /required option '-o, --output/],
  ["an option without its value", ["release", "export", "acme/edge", "-o"], /argument missing/],
  ["a fleet without organization", ["release", "list", "edge"], /"edge" is not a fleet/],
  ["a fleet with too many parts", ["fleet", "create", "acme/site/edge"], /is not a fleet/],
  ["a fleet whose name is too short", ["fleet", "create", "acme/abc"], /the name has 3 characters/],
  ["no fleet to publish", ["fleet", "publish"], /missing required argument 'fleet'/],
  ["a fleet to publish that is none", ["fleet", "publish", "edge"], /"edge" is not a fleet/],
  ["a fleet no registry could hold", ["fleet", "create", "acme/-edge"], /part of a repository's name/],
  ["an unknown class", ["fleet", "create", "acme/edge", "--class", "swarm"], /not a class of fleet/],
  [
    "a registry given as URL",
    ["fleet", "create", "acme/edge", "--registry", "http://127.0.0.1"],
    /hint: .*without https:/,
  ],
  [
    "a version that is none",
    ["release", "create", "acme/edge", "-f", "x", "--version", "1.2"],
    /"1.2" is not/,
  ],
  ["a variant that is none", ["release", "create", "acme/edge", "-f", "x", "--variant", "a b"], /variant/],
  ["a commit that is none", ["release", "create", "acme/edge", "-f", "x", "--commit", "master"], /"master"/],
  ["an empty commit", ["release", "create", "acme/edge", "-f", "x", "--commit", ""], /"" is not a commit/],
  [
    "a short commit",
    ["release", "export", "c0ffee", "-o", "x.tar"],
    /"c0ffee" is neither a fleet nor a commit/,
  ],
  ["a platform that is none", ["release", "create", "acme/edge", "-f", "x", "--platform", "arm"], /"arm"/],
  [
    "an empty platform",
    ["release", "create", "acme/edge", "-f", "x", "--platform", ""],
    /"" is not a platform/,
  ],
  ["a tag without value", ["release", "create", "acme/edge", "-f", "x", "--tag", "stable"], /key=value/],
  ["no transfer at once", ["release", "export", "acme/edge", "-o", "x", "--concurrency", "0"], /1 to 64/],
  [
    "a rate that is none",
    ["release", "export", "acme/edge", "-o", "x", "--min-rate", "fast"],
    /bytes per second/,
  ],
  ["too many at once", ["release", "export", "acme/edge", "-o", "x", "--concurrency", "65"], /1 to 64/],
  ["half a transfer", ["release", "export", "acme/edge", "-o", "x", "--concurrency", "1.5"], /1 to 64/],
  [
    "a version of a commit",
    ["release", "export", "c0ffee0", "--version", "1.2.3", "-o", "x"],
    /"c0ffee0" is no fleet/,
  ],
  [
    "a wrong new version",
    ["release", "import", "x", "acme/edge", "--override-version", "new"],
    /"new" is not/,
  ],
  ["no device", ["device", "show", ""], /"" names no device/],
  ["a comma behind the last device", ["device", "track-fleet", "3f2a,"], /"" names no device/],
  ["a comma before the first to move", ["device", "move", ",77c4", "acme/edge"], /"" names no device/],
  ["the target of no device", ["device", "target", " "], /" " names no device/],
  ["a report of no commit", ["device", "report", "3f2a", "1.2.3"], /"1.2.3" is not a commit/],
  [
    "a fleet for --where that is none",
    ["device", "pin", "3f2a", "1.0.0", "--where", "a=b"],
    /"3f2a" is no fleet/,
  ],
  ["two releases at once", ["release", "show", "a/edge@1.0.0", "1.0.1"], /1\.0\.0 and 1\.0\.1/],
  ["no version to remove", ["release", "rm", "acme/edge"], /which one is to be removed/],
  ["no draft to finalize", ["release", "finalize", "acme/edge"], /which one is to be finalized/],
  ["no release to validate", ["release", "validate", "acme/edge"], /which one is to be validated/],
  [
    "a tag with white space",
    ["release", "create", "acme/edge", "-f", "x", "--tag", "a b=c"],
    /"a b" cannot be/,
  ],
  [
    "a tag of balena's",
    ["release", "create", "acme/edge", "-f", "x", "--tag", "io.balena.a=b"],
    /is reserved/,
  ],
  ["two places", ["token", "list", "--database", "postgres://x", "--context", "site"], /cannot be used with/],
  ["JSON and a compose file", ["device", "target", "3f2a", "--format", "compose", "--json"], /both want/],
  ["JSON and a bundle on one output", ["release", "export", "acme/edge", "-o", "-", "--json"], /both want/],
]

describe("a wrong command line is refused with exit status 2, a reason and a hint, and makes no home", () => {
  test.each(WRONG)("%s", async (_, words, error) => {
    const machine = await Machine.create()
    const { status, stderr } = await machine.run(words)
    expect(status).toBe(2)
    expect(stderr).toMatch(/^error: /)
    expect(stderr).toMatch(error)
    expect(stderr).toMatch(/^hint: ./m)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(existsSync(machine.path("home"))).toBe(false)
  })
})

test("a command line without a command shows what commands there are, with exit status 2", async () => {
  const machine = await Machine.create()
  for (const group of ["", "release", "fleet"]) {
    const { status, stdout, stderr } = await machine.run(group)
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" })
    expect(stderr).toContain("Commands:")
  }
})

test("programs read what is wrong with a command line as JSON", async () => {
  const machine = await Machine.create()
  const unknown = await machine.run("fleet list --json --sorted")
  expect(JSON.parse(unknown.stdout)).toEqual({
    error: { code: "USAGE", message: "unknown option '--sorted'" },
  })
  const slug = await machine.run("fleet show edge --json")
  expect(JSON.parse(slug.stdout)).toMatchObject({ error: { code: "INVALID_SLUG" } })
})
