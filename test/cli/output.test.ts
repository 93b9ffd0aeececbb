import { readFile } from "node:fs/promises"
import { describe, expect, test } from "vitest"
import { Machine, type Outcome } from "../support/cli.ts"
import { bringBundle, writeSample } from "../support/sample.ts"

const ESCAPE = "\u001b"

test("with --json and --quiet every command prints one JSON document and nothing else", async () => {
  const machine = await Machine.create()
  await writeSample(machine)
  for (const words of [
    "fleet list",
    "fleet create acme/edge --class app",
    "fleet create site/edge",
    "release list acme/edge",
    "release create acme/edge -f application/compose.yml --version 1.2.3",
    "release list acme/edge",
    "release show acme/edge",
    "fleet show acme/edge",
    "fleet publish acme/edge",
    "fleet unpublish acme/edge",
    "release export acme/edge -o release.tar",
    "release verify release.tar",
    "release inspect release.tar",
    "release import release.tar site/edge",
    "release import release.tar site/edge",
    "fleet rm site/edge --with-releases",
  ]) {
    const { status, stdout, stderr } = await machine.run(`${words} --json --quiet`)
    expect({ words, status, stderr }).toEqual({ words, status: 0, stderr: "" })
    expect(() => JSON.parse(stdout), words).not.toThrow()
    if (/^release (?:create|import)/.test(words)) expect(JSON.parse(stdout)).toMatchObject({ warnings: [] })
    expect(stdout.endsWith("}\n") || stdout.endsWith("]\n"), words).toBe(true)
  }
})

test("a failure is a JSON document, too, with a code for programs", async () => {
  const machine = await Machine.create("acme/edge")
  const { status, stdout, stderr } = await machine.run("release show acme/edge --json")
  expect(status).toBe(1)
  expect(JSON.parse(stdout)).toEqual({
    error: {
      code: "RELEASE_NOT_FOUND",
      message: "acme/edge has no final, valid release",
      hint: "`waybill release list <fleet>` shows those there are",
    },
  })
  expect(stderr).toMatch(/^error: .*\nhint: .*\n$/)
})

test("in a log, progress is plain lines on standard error, and results alone are on standard output", async () => {
  const machine = await Machine.create("acme/edge", "site/edge")
  await writeSample(machine)
  const run = async (words: string): Promise<Outcome> => {
    const outcome = await machine.run(words)
    expect(outcome.status).toBe(0)
    expect(outcome.stdout + outcome.stderr).not.toContain(ESCAPE)
    expect(outcome.stdout + outcome.stderr).not.toContain("\r")
    return outcome
  }
  const total = (verb: string) => new RegExp(`^${verb} \\d+ blobs, [\\d.]+ [kM]?B in \\d+\\.\\d s.*$`, "m")

  const created = await run("release create acme/edge -f application/compose.yml --version 1.2.3")
  expect(created.stderr).toMatch(/^web: oci:.*application\/images:web$/m)
  expect(created.stderr).toMatch(total("took in"))
  expect(created.stdout).toMatch(
    /^created acme\/edge 1\.2\.3\n {2}commit +[0-9a-f]{40}\n {2}release +sha256:/,
  )

  const exported = await run("release export acme/edge -o release.tar")
  expect(exported.stderr).toMatch(total("exported"))
  expect(exported.stdout).toMatch(
    /^exported acme\/edge 1\.2\.3 to release\.tar\n.*\n {2}size +1\.1 MB in 26 entries\n$/,
  )

  const verified = await run("release verify release.tar")
  expect(verified.stderr).toMatch(total("verified"))

  const imported = await run("release import release.tar site/edge")
  expect(imported.stderr).toMatch(
    /^imported without moving a blob: 16 were mounted; 1\.0 MB checked in [\d.]+ s$/m,
  )
  expect(imported.stdout).toMatch(/^imported site\/edge 1\.2\.3\n/)
})

test("a bundle on standard output is alone there; what is said of it is on standard error", async () => {
  const machine = await Machine.create("acme/edge")
  await writeSample(machine)
  await machine.ok("release create acme/edge -f application/compose.yml --version 1.2.3")
  const { bytes, stderr } = await machine.run("release export acme/edge -o -")
  expect(bytes.length % 512).toBe(0)
  expect(stderr).toMatch(/^exported acme\/edge 1\.2\.3$/m)
  expect((await machine.run("release export acme/edge -o - --quiet")).stderr).toBe("")
})

test("a stack is shown with --debug alone", async () => {
  const machine = await Machine.create()
  const stack = /^\s+at .*\.js:\d+/m
  for (const words of ["fleet show acme/edge", "release verify nowhere.tar", "release list edge"]) {
    expect((await machine.run(words)).stderr).not.toMatch(stack)
    const { stdout, stderr } = await machine.run(`${words} --debug`)
    expect(stdout).toBe("")
    expect(stderr).toMatch(/^error: .*\nhint: /)
    expect(stderr).toMatch(stack)
  }
})

describe("on a terminal", () => {
  /** Runs a command on a terminal of its own. */
  function onTerminal(machine: Machine, words: string, env: Record<string, string> = {}): Promise<Outcome> {
    const line = `script --quiet --return --command 'stty rows 24 cols 120; "$NODE" "$MAIN" ${words}' /dev/null`
    return machine.shell(line, { env: { TERM: "xterm-256color", ...env } })
  }

  test("results have colours and progress is drawn in place, unless colours are not wanted", async () => {
    const machine = await Machine.create()
    await bringBundle(machine)
    const coloured = await onTerminal(machine, "release verify release.tar")
    expect(coloured).toMatchObject({ status: 0 })
    expect(coloured.stdout).toContain(`${ESCAPE}[32mverified${ESCAPE}[39m release.tar`)
    expect(coloured.stdout).toMatch(/verifying \[#*\.*\] .* of .*\/s/)

    const plain = await onTerminal(machine, "release verify release.tar", { NO_COLOR: "1" })
    expect(plain.stdout).toContain("verified release.tar")
    expect(plain.stdout).not.toContain(`${ESCAPE}[3`)
    const quiet = await onTerminal(machine, "release verify release.tar --quiet", { NO_COLOR: "1" })
    expect(quiet.stdout).not.toContain(ESCAPE)
  })

  test("a bundle is neither written to it nor read from it", async () => {
    const machine = await Machine.create("acme/edge")
    const written = await onTerminal(machine, "release export acme/edge -o -")
    expect(written).toMatchObject({
      status: 2,
      stdout: expect.stringMatching(/a bundle is not for a terminal/),
    })
    const read = await onTerminal(machine, "release verify -")
    expect(read).toMatchObject({ status: 2, stdout: expect.stringMatching(/standard input is a terminal/) })
  })
})

test("help says how each command is used, and the version is the package's", async () => {
  const machine = await Machine.create()
  const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"))
  expect(await machine.ok("--version")).toBe(`${version}\n`)
  expect(await machine.ok("--help")).toContain("release")
  const help = await machine.ok("release import --help")
  expect(help).toMatch(/Usage: waybill release import \[options\] <file \| -> <fleet>/)
  expect(help).toContain("--override-version <semver>")
})
