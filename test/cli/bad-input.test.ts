import { mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { Machine } from "../support/cli.ts"
import { expectFailure, expectFailureWithoutChange } from "../support/failure.ts"
import { bringBundle, importBundle, sha256 } from "../support/sample.ts"

const folder = await mkdtemp(join(tmpdir(), "waybill-test-"))
afterAll(() => rm(folder, { recursive: true }))
const template = await Machine.at(folder, "acme/edge", "site/edge")
await importBundle(template, (await bringBundle(template)).file, "acme/edge")

/** A machine with the sample application, a release of it in a fleet and in a bundle, and a fleet without any. */
async function makeMachine() {
  const machine = await template.copy()
  return { machine, file: machine.path("release.tar") }
}

const BOMB = `a: &a [x, x, x, x, x, x, x, x]
${["b", "c", "d", "e", "f"].map((name, at) => `${name}: &${name} [${Array(8).fill(`*${"abcde"[at]}`)}]`).join("\n")}
services: { web: { image: "a:1", x-all: *f } }
`

describe("a compose file that cannot become a release is refused, and nothing is recorded", () => {
  test.each([
    ["without services", "name: vending\n", /compose\.yml: it has no services/],
    ["without images", "services: { web: { restart: always } }\n", /service web has no image/],
    ["with a build alone", "services: { web: { build: . } }\n", /a build but no image/],
    ["that is no YAML", "services:\n  web: [\n", /compose\.yml: /],
    ["whose aliases multiply", BOMB, /compose\.yml: .*alias/i],
    ["with a variable that is not set", 'services: { web: { image: "web:$TAG" } }\n', /TAG is not set/],
    ["with an image that is none", "services: { web: { image: Acme/Web } }\n", /Acme\/Web/],
  ])("%s", async (_, text, error) => {
    const { machine } = await makeMachine()
    await writeFile(machine.path("compose.yml"), text)
    await expectFailureWithoutChange(machine, "release create acme/edge -f compose.yml", error)
  })

  test("that is not there, or a folder", async () => {
    const { machine } = await makeMachine()
    await expectFailureWithoutChange(machine, "release create acme/edge -f nowhere.yml", /nowhere\.yml/)
    await expectFailureWithoutChange(
      machine,
      "release create acme/edge -f application",
      /application cannot be read: it is a folder/,
    )
  })
})

test("a release whose image is missing is listed as failed where that is asked for, with the reason, and cannot be exported", async () => {
  const { machine } = await makeMachine()
  await writeFile(
    machine.path("compose.yml"),
    'services: { web: { image: "oci:application/images:none" } }\n',
  )
  const words = "release create site/edge -f compose.yml --version 1.2.3 --commit c0ffee0"
  const missing = /application\/images has no image "none"\nhint: name one of: .*web/
  await expectFailureWithoutChange(machine, words, missing)
  expectFailure(await machine.run(`${words} --record-failure`), missing)

  expect(await machine.ok("release list site/edge --no-trunc")).toMatch(
    /failed +c0ffee0 .* has no image "none"/,
  )
  expect(await machine.ok("release show c0ffee0")).toMatch(/failed\n(.*\n)* {2}reason .* has no image "none"/)
  expect(await machine.json("fleet show site/edge")).toMatchObject({ latest: null })
  await expectFailureWithoutChange(
    machine,
    "release export c0ffee0 -o again.tar",
    /is failed: .* has no image "none"/,
  )
})

describe("a fleet that is not there is said not to be there by", () => {
  test.each([
    "release create else/edge -f application/compose.yml",
    "release export else/edge -o again.tar",
    "release import release.tar else/edge",
    "release list else/edge",
    "release show else/edge",
    "fleet show else/edge",
    "fleet rm else/edge",
  ])("%s", async (words) => {
    const { machine } = await makeMachine()
    await expectFailureWithoutChange(machine, words, /there is no fleet else\/edge/)
  })
})

test("a release that is not there is said not to be there", async () => {
  const { machine } = await makeMachine()
  const unchanged = (words: string, error: RegExp) => expectFailureWithoutChange(machine, words, error)
  await unchanged(
    "release export acme/edge --version 1.2.4 -o again.tar",
    /acme\/edge has no release 1\.2\.4/,
  )
  await unchanged("release export site/edge -o again.tar", /site\/edge has no final, valid release/)
  await unchanged("release show 0123456789", /no release has the commit 0123456789/)
})

describe("a bundle that is none is refused by verify and import, and nothing changes:", () => {
  const cases: [what: string, make: (machine: Machine, file: string) => Promise<unknown>, error: RegExp][] = [
    ["nothing of that name", async () => {}, /bundle\.tar/],
    ["a folder", (machine) => mkdir(machine.path("bundle.tar")), /not a regular file/],
    ["a pipe", (machine) => machine.shell("mkfifo bundle.tar"), /not a regular file/],
    ["an empty file", (machine) => writeFile(machine.path("bundle.tar"), ""), /not a tar archive/],
    [
      "another file",
      (machine) => writeFile(machine.path("bundle.tar"), "x".repeat(2000)),
      /not a tar archive/,
    ],
    ["another archive", (machine) => machine.shell("tar -cf bundle.tar application"), /not a release bundle/],
    [
      "one that is cut off",
      async (machine, file) => {
        await writeFile(machine.path("bundle.tar"), await readFile(file))
        await truncate(machine.path("bundle.tar"), 500_000)
      },
      /cut off|missing/,
    ],
  ]
  test.each(cases)("%s", async (_, make, error) => {
    const { machine, file } = await makeMachine()
    await make(machine, file)
    for (const words of ["verify bundle.tar", "import bundle.tar site/edge"])
      await expectFailureWithoutChange(machine, `release ${words}`, error)
  })
})

describe("an output that cannot be written is refused, and nothing is left of it:", () => {
  test.each([
    ["in a folder that is not there", "nowhere/release.tar", /nowhere/],
    ["a folder", "application", /application is a folder/],
    ["below a file", "release.tar/again.tar", /release\.tar/],
    ["a disk that is full", "/dev/full", /\/dev\/full cannot be written: the disk is full/],
  ])("%s", async (_, output, error) => {
    const { machine } = await makeMachine()
    await expectFailureWithoutChange(machine, `release export acme/edge --quiet -o ${output}`, error)
  })
})

test("what cannot be printed is a failure, too", async () => {
  const { machine } = await makeMachine()
  for (const command of ["fleet list", "release export acme/edge --quiet -o -"]) {
    const { status, stderr } = await machine.shell(`waybill ${command} > /dev/full`)
    expect(stderr).toMatch(/^error: standard output cannot be written: the disk is full/m)
    expect(status).toBe(1)
  }
  const { status, stderr } = await machine.shell(
    "waybill release export acme/edge --quiet -o - | head -c 1000 > head",
  )
  expect({ status, stderr }).toEqual({ status: 1, stderr: "" })
})

test("a device or a pipe is written to, and stays what it is", async () => {
  const { machine, file } = await makeMachine()
  await machine.ok("release export acme/edge -o /dev/null")
  expect((await stat("/dev/null")).isCharacterDevice()).toBe(true)
  const line = "mkfifo pipe; cat pipe > copy & waybill release export acme/edge --quiet -o pipe && wait"
  expect(await machine.shell(line)).toMatchObject({ status: 0 })
  expect((await stat(machine.path("pipe"))).isFIFO()).toBe(true)
  expect(sha256(await readFile(machine.path("copy")))).toBe(sha256(await readFile(file)))
})

describe("a disk that is full", () => {
  // A limit on the size of files stands in for it: it strikes in the middle of a write as well.
  const before = "ulimit -f 200; exec"

  test("ends an export, and leaves no file", async () => {
    const { machine } = await makeMachine()
    await expectFailureWithoutChange(
      machine,
      "release export acme/edge --quiet -o again.tar",
      /cannot write .*again\.tar: the file system takes no file of that size/,
      { before },
    )
  })

  test("ends an import into the content store, which has nothing half written then", async () => {
    const { machine, file } = await makeMachine()
    const fresh = { WAYBILL_HOME: machine.path("fresh") }
    await machine.ok("fleet create site/edge", { env: fresh })
    for (const words of [`release import ${file} site/edge --quiet`, "release import - site/edge --quiet"]) {
      const input = await readFile(file)
      expectFailure(await machine.run(words, { env: fresh, before, input }), /space|too large|limit/i)
      expect(await machine.json("release list site/edge", { env: fresh })).toEqual([])
      const { stdout } = await machine.shell("ls fresh/store/ingest")
      expect(stdout).toBe("")
    }
    await machine.ok(`release import ${file} site/edge`, { env: fresh })
  })
})
