import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { readFile, writeFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { Machine } from "../support/cli.ts"
import { expectFailure, expectFailureWithoutChange } from "../support/failure.ts"
import { bringBundle, importBundle } from "../support/sample.ts"

const sri = (algorithm: string, bytes: Uint8Array) =>
  `${algorithm}-${createHash(algorithm).update(bytes).digest("base64")}`

/** A machine with a bundle, from the release acme/edge 1.2.3 that is there too. */
async function setUp() {
  const machine = await Machine.create("acme/edge", "site/edge")
  const { file } = await bringBundle(machine)
  await importBundle(machine, file, "acme/edge")
  return { machine, file, bytes: await readFile(file) }
}

test("the integrity that an export prints is what verify and import take", async () => {
  const { machine, bytes } = await setUp()
  for (const [flag, algorithm] of [
    ["--integrity", "sha512"],
    ["--integrity=sha256", "sha256"],
    ["--integrity=sha384", "sha384"],
  ] as const) {
    const integrity = sri(algorithm, bytes)
    const words = `release export acme/edge -o ${algorithm}.tar ${flag}`
    expect(await machine.ok(words)).toContain(`  integrity  ${integrity}\n`)
    expect(await machine.json(words)).toMatchObject({ file: `${algorithm}.tar`, integrity })
    const verify = `release verify ${algorithm}.tar --integrity ${integrity}`
    expect(await machine.ok(verify)).toContain(`  integrity  ${integrity}\n`)
    expect(await machine.json(verify)).toMatchObject({ version: "1.2.3", integrity })
  }
  const integrity = sri("sha384", bytes)
  const { stdout, stderr } = await machine.run(
    `release import sha512.tar site/edge --integrity ${integrity} --json`,
  )
  expect(stderr).toMatch(/^checking the integrity of sha512.tar\n/)
  expect(JSON.parse(stdout)).toMatchObject({
    fleet: "site/edge",
    version: "1.2.3",
    wasThere: false,
    integrity,
  })
  expect(await machine.json("release export acme/edge -o plain.tar")).not.toHaveProperty("integrity")
})

test("through a pipe the integrity is said on standard error, by itself when all else is quiet", async () => {
  const { machine, bytes } = await setUp()
  const integrity = sri("sha512", bytes)
  const loud = await machine.run("release export acme/edge -o - --integrity")
  expect(loud.status).toBe(0)
  expect(loud.stderr).toContain(`  integrity  ${integrity}\n`)
  const quiet = await machine.run("release export acme/edge -o - --integrity --quiet")
  expect(quiet.bytes.equals(bytes)).toBe(true)
  expect(quiet.stderr).toBe(`${integrity}\n`)
  const verified = await machine.run(["release", "verify", "-", "--integrity", integrity], { input: bytes })
  expect(verified.status, verified.stderr).toBe(0)
})

test("a bundle that is another than the one that is wanted is refused, and nothing is imported", async () => {
  const { machine, file, bytes } = await setUp()
  const wrong = sri("sha512", bytes.subarray(1))
  const error = /^error: .* is not the file that is wanted: its integrity is sha512-\S+, not sha512-\S+$/m
  expectFailure(await machine.run(["release", "verify", file, "--quiet", "--integrity", wrong]), error)
  const words = ["release", "import", file, "site/edge", "--quiet", "--integrity", wrong]
  await expectFailureWithoutChange(machine, words.join(" "), error)
  const piped = ["release", "import", "-", "site/edge", "--quiet", "--integrity", wrong]
  expectFailure(await machine.run(piped, { input: bytes }), error)
  expect(await machine.json("release list site/edge")).toEqual([])
})

test("a command line is wrong with an integrity that is none, or of another algorithm", async () => {
  const { machine, file } = await setUp()
  const verify = await machine.run(["release", "verify", file, "--integrity", "sha512-abc"])
  expect(verify.status).toBe(2)
  expect(verify.stderr).toMatch(/^error: "sha512-abc" is no hash as integrity has it\nhint: ./)
  const exported = await machine.run("release export acme/edge -o a.tar --integrity=md5")
  expect(exported.status).toBe(2)
  expect(exported.stderr).toMatch(/^error: .*'md5' is invalid\. Allowed choices are sha256, sha384, sha512\./)
})

test("a bundle travels with its SHA256SUMS, which sha256sum reads too", async () => {
  const { machine, bytes } = await setUp()
  await machine.ok("release export acme/edge -o release.tar --checksum-file SHA256SUMS")
  expect(await readFile(machine.path("SHA256SUMS"), "utf8")).toBe(
    `${createHash("sha256").update(bytes).digest("hex")}  release.tar\n`,
  )
  execFileSync("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: machine.folder })
  const integrity = sri("sha256", bytes)
  expect(await machine.json("release verify release.tar --checksum-file SHA256SUMS")).toMatchObject({
    integrity,
  })
  const piped = await machine.run("release verify - --checksum-file SHA256SUMS", { input: bytes })
  expect(piped.status, piped.stderr).toBe(0)

  const sums = await readFile(machine.path("SHA256SUMS"), "utf8")
  await writeFile(
    machine.path("SHA256SUMS"),
    sums.replace(/^./, (digit) => (digit === "0" ? "1" : "0")),
  )
  const words = "release import release.tar site/edge --quiet --checksum-file SHA256SUMS"
  await expectFailureWithoutChange(machine, words, /is not the file that is wanted: its integrity is sha256-/)
  await machine.ok("release export acme/edge -o release.tar --integrity --checksum-file SHA256SUMS")
  expect(await readFile(machine.path("SHA256SUMS"), "utf8")).toBe(sums)
  await machine.ok(words)
})

test("a checksum file that cannot be used is told before anything is done", async () => {
  const { machine } = await setUp()
  await writeFile(machine.path("notes.txt"), "keep me\n")
  const words = "release export acme/edge -o out.tar --quiet --checksum-file"
  await expectFailureWithoutChange(
    machine,
    `${words} notes.txt`,
    /^error: \S*notes.txt is no checksum file: line 1/m,
  )
  await expectFailureWithoutChange(machine, `${words} out.tar`, /cannot be the bundle and its checksum file/)
  const missing = "release verify release.tar --quiet --checksum-file"
  await expectFailureWithoutChange(
    machine,
    `${missing} missing`,
    /^error: missing cannot be read as a checksum file: there is nothing of that name$/m,
  )
  await expectFailureWithoutChange(
    machine,
    `${missing} .`,
    /^error: . cannot be read as a checksum file: it is a folder$/m,
  )
})
