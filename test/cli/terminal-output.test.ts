import { existsSync } from "node:fs"
import { expect, test } from "vitest"
import { Machine } from "../support/cli.ts"
import { createSample, writeSample } from "../support/sample.ts"

const ESCAPE = "\u001b"

test("a note, a tag or an error from elsewhere cannot send commands to the terminal", async () => {
  const machine = await Machine.create("acme/edge", "site/edge")
  const note = `${ESCAPE}]0;owned\u0007 two\nlines \u009b31m \u202etxt`
  await createSample(machine, "acme/edge", { words: ["--tag", `colour=${ESCAPE}[31m`, "--note", note] })
  await machine.ok("release export acme/edge -o release.tar")
  const { stdout: imported, stderr } = await machine.run("release import release.tar site/edge")
  const shown = [
    imported,
    stderr,
    await machine.ok("release inspect release.tar"),
    await machine.ok("release show acme/edge"),
    (await machine.run(["release", "verify", `${ESCAPE}[31m.tar`])).stderr,
  ]
  for (const text of shown) expect(text).not.toMatch(/[^\P{Cc}\n]|\u202e/u)
  expect(shown[2]).toContain(String.raw`\u001b]0;owned\u0007 two\nlines \u009b31m \u202etxt`)
  expect(shown[2]).toContain(String.raw`colour=\u001b[31m`)
  // Programs get it as it is.
  expect(await machine.json("release show acme/edge")).toMatchObject({
    note,
    tags: { colour: `${ESCAPE}[31m` },
  })
})

test("output that cannot be written is a failure that says so", async () => {
  const machine = await Machine.create("acme/edge")
  for (const words of ["fleet list", "fleet list --json", "release list acme/edge"]) {
    const { status, stderr } = await machine.shell(`waybill ${words} > /dev/full`)
    expect(status).toBe(1)
    expect(stderr).toMatch(/^error: standard output cannot be written: the disk is full\nhint: .*\n$/)
  }
})

test("nobody needs to read what is said on standard error", async () => {
  const machine = await Machine.create("acme/edge")
  await createSample(machine, "acme/edge")
  const line = "waybill release export acme/edge -o release.tar 2> >(true)"
  expect(await machine.shell(line)).toMatchObject({ status: 0 })
  expect(existsSync(machine.path("release.tar"))).toBe(true)
})

test("an export says so where the fleet has another version of the release than its bundle, and only then", async () => {
  const machine = await Machine.create("acme/edge", "site/edge")
  const file = await writeSample(machine)
  for (const words of [
    "--version 1.2.3",
    "--version 2.0.0+build.7",
    "--version 3.0.0 --variant prod",
    "--version 0.0.0 --draft",
  ]) {
    const { version } = await machine.json<{ version: string }>(
      `release create acme/edge -f ${file} ${words}`,
    )
    const printed = await machine.ok(`release export acme/edge --version ${version} -o release.tar`)
    expect(printed).not.toContain("note")
  }
  await machine.ok("release import release.tar site/edge --override-version 4.0.0 --final")
  expect(await machine.ok("release export site/edge -o again.tar")).toMatch(/note +the bundle says 0\.0\.0;/)
})

test("a certificate file that is not there is reported, whether a registry is asked or not", async () => {
  const machine = await Machine.create("acme/edge")
  const file = await writeSample(machine)
  const { status, stderr } = await machine.run(`release create acme/edge -f ${file} --ca-file missing.pem`)
  expect(status).toBe(1)
  expect(stderr).toContain("error: missing.pem cannot be opened: there is nothing of that name\n")
  expect(await machine.json("release list acme/edge")).toEqual([])
})

test("a repeated import says that there was nothing to move", async () => {
  const machine = await Machine.create("acme/edge", "site/edge")
  await createSample(machine, "acme/edge")
  await machine.ok("release export acme/edge -o release.tar")
  const { stderr } = await machine.run("release import release.tar site/edge")
  expect(stderr).toMatch(/^imported without moving a blob: 16 were mounted; 1\.0 MB checked in [\d.]+ s$/m)
  expect(stderr).not.toContain("warning")

  const again = await machine.run("release import release.tar site/edge --override-version 2.0.0 --quiet")
  expect(again).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/^warning: .* as site\/edge 1\.2\.3,/),
  })
})
