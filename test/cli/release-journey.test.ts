// biome-ignore-all lint/suspicious/noTemplateCurlyInString: compose writes its variables so
import { execFile } from "node:child_process"
import { readFile, writeFile } from "node:fs/promises"
import { promisify } from "node:util"
import { expect, test } from "vitest"
import type { FleetSlug } from "../../src/fleet/slug.ts"
import { createFleets, Machine } from "../support/cli.ts"
import {
  bringBundle,
  createSample,
  importBundle,
  type PrintedRelease,
  sha256,
  writeSample,
} from "../support/sample.ts"
import { snapshot } from "../support/snapshot.ts"

const run = promisify(execFile)

/** A machine with a bundle, which is imported into these fleets. */
async function withRelease(...fleets: FleetSlug[]) {
  const machine = await Machine.create(...fleets)
  const bundle = await bringBundle(machine)
  for (const fleet of fleets) await importBundle(machine, bundle.file, fleet)
  return { machine, ...bundle }
}

test("a release exported to a file at any concurrency, or to a pipe, is the same file", async () => {
  const { machine, file } = await withRelease("acme/edge")
  const digests: string[] = []
  for (const concurrency of [1, 8]) {
    await machine.ok(`release export acme/edge -o ${concurrency}.tar --concurrency ${concurrency}`)
    digests.push(sha256(await readFile(machine.path(`${concurrency}.tar`))))
  }
  const piped = await machine.run("release export acme/edge --version 1.2.3 -o -")
  const whole = sha256(await readFile(file))
  expect([...digests, sha256(piped.bytes)]).toEqual([whole, whole, whole])
})

test("a release that travels to another machine and back is the same file, release and images", async () => {
  const near = await Machine.create("acme/edge")
  const far = await Machine.create("site/edge")
  const made = await createSample(near, "acme/edge", {
    words: ["--tag", "channel=stable", "--tag", "audit=a=b", "--note", "the tested one"],
  })
  await near.ok("release export acme/edge -o release.tar")
  const bundle = near.path("release.tar")

  const verified = await far.json(`release verify ${bundle}`)
  expect(verified).toMatchObject({ release: made.release, version: "1.2.3", commit: made.commit })
  expect(await far.json(`release inspect ${bundle}`)).toEqual(verified)

  const arrived = await far.json<PrintedRelease>(`release import ${bundle} site/edge`)
  expect(arrived).toMatchObject({ fleet: "site/edge", version: "1.2.3", revision: 0, wasThere: false })
  for (const part of ["release", "commit", "services", "composition", "note", "tags"] as const)
    expect(arrived[part]).toEqual(made[part])
  expect(arrived.tags).toEqual({ channel: "stable", audit: "a=b" })
  expect(arrived.note).toBe("the tested one")
  expect(await far.json("release show site/edge --version 1.2.3")).toMatchObject({ release: made.release })
  expect(await far.json(`release show ${made.commit.slice(0, 7)}`)).toMatchObject({ fleet: "site/edge" })

  await far.ok(`release export ${made.commit} -o again.tar`)
  expect(sha256(await readFile(far.path("again.tar")))).toBe(sha256(await readFile(bundle)))
})

test("a release goes from one home to another in one line of the shell", async () => {
  const { machine, release } = await withRelease("acme/edge")
  const far = { WAYBILL_HOME: machine.path("far") }
  await createFleets(far.WAYBILL_HOME, ["site/edge"])
  const line =
    'waybill release export acme/edge --version 1.2.3 -o - | WAYBILL_HOME="$PWD/far" waybill release import - site/edge'
  const { status, stderr } = await machine.shell(line)
  expect(status, stderr).toBe(0)
  const arrived = await machine.json<PrintedRelease>("release show site/edge", { env: far })
  expect(arrived).toMatchObject({ version: "1.2.3", release })
})

test("a bundle on standard input is verified as one in a file", async () => {
  const machine = await Machine.create("acme/edge")
  const bytes = await readFile((await bringBundle(machine)).file)
  const verified = await machine.run("release verify - --quiet", { input: bytes })
  expect(verified).toMatchObject({ status: 0, stderr: "" })
  expect(verified.stdout).toContain("every byte checked")

  const damaged = Buffer.from(bytes)
  damaged[bytes.length - 20_000] = (damaged[bytes.length - 20_000] ?? 0) ^ 1
  const refused = await machine.run("release verify - --quiet", { input: damaged })
  expect(refused.status).toBe(1)
  expect(refused.stderr).toMatch(/^error: blobs\/sha256\/[0-9a-f]{64} at offset \d+.*expected sha256:.*found/)
  const unrecorded = await machine.run("release import - acme/edge --quiet", { input: damaged })
  expect(unrecorded.status).toBe(1)
})

test("a release imported again is found to be there, and nothing changes", async () => {
  const { machine } = await withRelease("site/edge")
  const before = await snapshot(machine)
  const again = await machine.run("release import release.tar site/edge")
  expect(again.stdout).toMatch(/^site\/edge 1\.2\.3 is there already, nothing changed\n/)
  expect(again.stderr).toContain("imported without moving a blob: 16 were there already")
  expect(await machine.json("release import release.tar site/edge")).toMatchObject({ wasThere: true })
  expect(await snapshot(machine)).toEqual(before)
})

test("an imported release gets the next revision of its version, or another version altogether", async () => {
  const machine = await Machine.create("site/edge", "else/edge")
  const { file, release } = await bringBundle(machine)
  const other = await createSample(machine, "site/edge", { words: ["--commit", "0123456789"] })
  expect(other).toMatchObject({ version: "1.2.3", revision: 0 })
  const second = await machine.json("release import release.tar site/edge")
  expect(second).toMatchObject({ version: "1.2.3+rev1", revision: 1, release })

  const words = "release import release.tar else/edge --override-version v3.0.0-site.1"
  expect(await machine.json(words)).toMatchObject({ version: "3.0.0-site.1", release })
  await machine.ok("release export else/edge --version 3.0.0-site.1 -o renamed.tar")
  expect(sha256(await readFile(machine.path("renamed.tar")))).toBe(sha256(await readFile(file)))
})

test("a commit in two fleets is refused with the names to use instead, and they work as printed", async () => {
  const { machine, file, commit } = await withRelease("acme/edge", "site/edge")
  const { status, stderr } = await machine.run(`release export ${commit} -o again.tar`)
  expect(status).toBe(1)
  expect(stderr).toContain("acme/edge")
  expect(stderr).toContain("site/edge")
  const names = stderr.match(/\S+@\S+/g) ?? []
  expect(names).toHaveLength(2)
  for (const [at, name] of names.entries()) {
    await machine.ok(`release export ${name} -o ${at}.tar`)
    expect(sha256(await readFile(machine.path(`${at}.tar`)))).toBe(sha256(await readFile(file)))
  }
})

test("a commit is one release of a fleet: creating it again with other content is refused", async () => {
  const machine = await Machine.create("acme/edge", "site/edge")
  await createSample(machine, "acme/edge", { words: ["--commit", "c0ffee0"] })
  const words = "release create acme/edge -f application/compose.yml --version 2.0.0 --commit C0FFEE0"
  const { status, stderr } = await machine.run(words)
  expect(status).toBe(1)
  expect(stderr).toMatch(
    /acme\/edge has commit c0ffee0 with other content: sha256:[0-9a-f]{64} there, sha256:[0-9a-f]{64} now/,
  )
  expect(stderr).toMatch(
    /they differ in the version \(1\.2\.3 there, 2\.0\.0 now\)\nhint: one commit is one release/,
  )
  expect(await machine.json<unknown[]>("release list acme/edge")).toHaveLength(1)

  await machine.ok(words.replace("acme/edge", "site/edge"))
  await machine.ok("release export site/edge -o other.tar")
  const conflict = await machine.run("release import other.tar acme/edge")
  expect(conflict.status).toBe(1)
  expect(conflict.stderr).toMatch(
    /commit c0ffee0 with other content: sha256:[0-9a-f]{64}.*sha256:[0-9a-f]{64}/,
  )
})

test("a draft is shown as one, is never latest, and has no revision", async () => {
  const machine = await Machine.create("acme/edge")
  const final = await createSample(machine, "acme/edge")
  const draft = await createSample(machine, "acme/edge", { words: ["--draft", "--commit", "d0d0d0d0"] })
  expect(draft).toMatchObject({ isDraft: true, revision: null })
  expect(draft.version).toMatch(/^1\.2\.3-\d+$/)

  const list = await machine.json<PrintedRelease[]>("release list acme/edge")
  expect(list.map(({ commit, isDraft, isLatest }) => ({ commit, isDraft, isLatest }))).toEqual([
    { commit: draft.commit, isDraft: true, isLatest: false },
    { commit: final.commit, isDraft: false, isLatest: true },
  ])
  expect(await machine.ok("release list acme/edge")).toMatch(
    /^1\.2\.3 +latest +[0-9a-f]{8} {2}.* sha256:[0-9a-f]{12}$/m,
  )
  expect(await machine.ok(`release show ${draft.commit}`)).toMatch(/draft/)
  expect(await machine.json("release show acme/edge")).toMatchObject({ commit: final.commit })
})

test("what a bundle holds is shown as a tree: services, platforms, and the layers that they share", async () => {
  const machine = await Machine.create()
  const { release, images } = await bringBundle(machine)
  const tree = await machine.ok("release inspect release.tar")
  expect(tree).toContain(`release 1.2.3  ${release}`)
  for (const digest of Object.values(images)) expect(tree).toContain(digest)
  expect(tree).toContain("linux/arm64")
  expect(tree).toMatch(/shared by 4 images/)
  const { stdout } = await run("tar", ["-tf", machine.path("release.tar")])
  expect(stdout.split("\n").slice(0, 2)).toEqual(["oci-layout", "index.json"])
})

test("fleets are made, listed, shown and removed, with their releases only on demand", async () => {
  const machine = await Machine.create()
  expect(await machine.ok("fleet list")).toContain("waybill fleet create")
  await machine.ok("fleet create Acme/Edge")
  await machine.ok("fleet create acme/blocks --class block")
  expect(await machine.json<{ slug: string }[]>("fleet list")).toMatchObject([
    { slug: "acme/blocks", class: "block", registry: null },
    { slug: "acme/edge", class: "fleet", registry: null },
  ])
  const { file, commit } = await bringBundle(machine)
  await importBundle(machine, file, "acme/edge")
  expect(await machine.json("fleet show acme/edge")).toMatchObject({ latest: { commit } })
  expect(await machine.run("fleet create acme/edge")).toMatchObject({ status: 1 })

  const refused = await machine.run("fleet rm acme/edge")
  expect(refused.status).toBe(1)
  expect(refused.stderr).toMatch(/hint: .*--with-releases/)
  await machine.ok("fleet rm acme/edge --with-releases")
  expect(await machine.json<unknown[]>("fleet list")).toHaveLength(1)
})

test("variables in the names of images are filled in from the environment, and those of services stay", async () => {
  const machine = await Machine.create("acme/edge")
  await writeSample(machine)
  const compose = await readFile(machine.path("application/compose.yml"), "utf8")
  await writeFile(
    machine.path("application/compose.yml"),
    compose.replace("oci:images:web", "$LAYOUT:${IMAGE:-web}").replace("vending@db", "$USER@db"),
  )
  const words = "release create acme/edge -f application/compose.yml"
  const made = await machine.json<PrintedRelease>(words, { env: { LAYOUT: "oci:images" } })
  expect(Object.keys(made.services)).toEqual(["api", "db", "web", "worker"])
  expect(JSON.stringify(made.composition)).toContain("$USER@db")
  expect(JSON.stringify(made.composition)).not.toContain("oci:images")
})
