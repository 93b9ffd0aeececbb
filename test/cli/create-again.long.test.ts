import { readFile, rm, writeFile } from "node:fs/promises"
import { describe, expect, test } from "vitest"
import { Machine } from "../support/cli.ts"
import { expectFailureWithoutChange } from "../support/failure.ts"
import { commitAll } from "../support/git.ts"
import { type PrintedRelease, sha256, writeSample } from "../support/sample.ts"
import { embedded, served, stateOf } from "./same-twice.ts"

const EDGE = "acme/edge"

interface Created extends PrintedRelease {
  wasThere: boolean
  target: { before: unknown; after: { version: string } | null }
  composeFiles: string[]
  commitSource: string
  warnings: string[]
}

describe.each([
  ["a home", embedded],
  ["a server", served],
] as const)("created twice, in %s,", (_, makeMachine) => {
  test("a release that is there says so, in the same shape, with the target that it leaves", async () => {
    const machine = await makeMachine()
    const create = `release create ${EDGE} -f application/compose.yml --version 1.2.3`
    const first = await machine.json<Created>(create)
    const second = await machine.json<Created>(create)
    expect(first).toMatchObject({ wasThere: false, target: { before: null, after: { version: "1.2.3" } } })
    expect(second).toEqual({
      ...first,
      wasThere: true,
      target: { ...first.target, before: first.target.after },
    })
    expect(await machine.ok(`${create} --quiet`)).toMatch(
      /^acme\/edge 1\.2\.3 is there already, nothing changed\n(.*\n)*acme\/edge tracks latest: its target stays 1\.2\.3; no device moves\n$/,
    )
  })

  test("a commit with other content is refused, with both digests and what differs", async () => {
    const machine = await makeMachine()
    const create = `release create ${EDGE} -f application/compose.yml --version 1.2.3 --commit c0ffee0`
    const { release } = await machine.json<Created>(create)
    const before = await stateOf(machine)
    const { status, stderr } = await machine.run(`${create} --note other --tag a=b`)
    expect(status).toBe(1)
    expect(stderr).toContain(`acme/edge has commit c0ffee0 with other content: ${release} there, sha256:`)
    expect(stderr).toMatch(/; they differ in the note, the tags\nhint: one commit is one release/)
    expect(await stateOf(machine)).toEqual(before)
  })
})

test("what is missing of a release that is there is brought back by creating it again", async () => {
  const machine = await Machine.create(EDGE)
  await writeSample(machine, 1000)
  const create = `release create ${EDGE} -f application/compose.yml --version 1.2.3`
  const { services } = await machine.json<Created>(create)
  await machine.ok(`release export ${EDGE} -o one.tar`)
  const [, hex = ""] = services.db?.digest.split(":") ?? []
  await rm(machine.path("home", "store", "blobs", "sha256", hex))
  expect(await machine.run(`release export ${EDGE} -o two.tar`)).toMatchObject({ status: 1 })
  expect(await machine.json(create)).toMatchObject({ wasThere: true })
  await machine.ok(`release export ${EDGE} -o two.tar`)
  expect(sha256(await readFile(machine.path("one.tar")))).toBe(
    sha256(await readFile(machine.path("two.tar"))),
  )
})

test("a draft that is there stays one, and what is final stays final, and both say so", async () => {
  const machine = await Machine.create(EDGE)
  await writeSample(machine, 1000)
  const create = `release create ${EDGE} -f application/compose.yml --version 1.2.3`
  await machine.ok(`${create} --draft`)
  const again = await machine.json<Created>(create)
  expect(again).toMatchObject({
    wasThere: true,
    isDraft: true,
    warnings: [expect.stringContaining("as a draft")],
  })
  await machine.ok(`release finalize ${again.commit}`)
  const final = await machine.json<Created>(`${create} --draft`)
  expect(final).toMatchObject({
    wasThere: true,
    isDraft: false,
    warnings: [expect.stringContaining("final")],
  })
})

describe("without --version", () => {
  test("a release is 0.0.0 while its fleet has none above, and its revisions", async () => {
    const machine = await Machine.create(EDGE)
    await writeSample(machine, 1000)
    const create = `release create ${EDGE} -f application/compose.yml`
    expect(await machine.json(create)).toMatchObject({ version: "0.0.0", wasThere: false })
    expect(await machine.json(create)).toMatchObject({ version: "0.0.0", wasThere: true })
    expect(await machine.json(`${create} --note other`)).toMatchObject({ version: "0.0.0+rev1" })
  })

  test.each([
    [
      "a release above",
      ["--version 1.3.0"],
      /acme\/edge has 1\.3\.0 as its latest: .*\nhint: .*--version 1\.3\.1$/m,
    ],
    [
      "a draft above",
      ["--version 1.4.0 --draft"],
      /has a draft or invalidated 1\.4\.0: .*\nhint: .*--version 1\.4\.1$/m,
    ],
    [
      "a greater one than its latest",
      ["--version 2.0.0", "--version 1.0.0"],
      /has 1\.0\.0 as its latest, the greatest 2\.0\.0: .*\nhint: .*--version 2\.0\.1$/m,
    ],
    [
      "a prerelease",
      ["--version 2.0.0-beta.1"],
      /2\.0\.0-beta\.1 as its latest.*\nhint: .*--version 2\.0\.0$/m,
    ],
  ])("one is refused where the fleet has %s", async (_, releases, error) => {
    const machine = await Machine.create(EDGE)
    await writeSample(machine, 1000)
    const create = `release create ${EDGE} -f application/compose.yml`
    for (const words of releases) await machine.ok(`${create} ${words}`)
    await expectFailureWithoutChange(machine, create, error)
    await expectFailureWithoutChange(machine, `${create} --draft --commit c0ffee0`, error)
  })

  test("the release of the very commit is found, whatever its version", async () => {
    const machine = await Machine.create(EDGE)
    await writeSample(machine, 1000)
    const create = `release create ${EDGE} -f application/compose.yml --commit c0ffee0`
    await machine.ok(`${create} --version 1.3.0 --variant prod`)
    expect(await machine.json(create)).toMatchObject({ version: "1.3.0+prod", wasThere: true })
    await expectFailureWithoutChange(machine, `${create} --note other`, /they differ in the note$/m)
  })
})

describe("without --commit", () => {
  test("it is that of the checkout, and a dirty one gets a warning", async () => {
    const machine = await Machine.create(EDGE)
    await writeSample(machine, 1000)
    const commit = await commitAll(machine.path("application"))
    const create = `release create ${EDGE} -f application/compose.yml --version 1.2.3`
    const created = await machine.json<Created>(create)
    expect(created).toMatchObject({ commit, commitSource: "checkout", wasThere: false })
    await writeFile(machine.path("application", "new.txt"), "")
    const again = await machine.run(create)
    expect(again.stderr).toMatch(/^warning: the checkout has changes that are not in commit [0-9a-f]{12}/m)
    expect(again.stdout).toMatch(/is there already(.*\n)*its commit is that of the git checkout\n/)
    const given = await machine.json<Created>(`${create} --commit c0ffee0`)
    expect(given).toMatchObject({ commit: "c0ffee0", commitSource: "given", wasThere: false })
  })

  test("it is that of the current folder's for a compose file on standard input", async () => {
    const machine = await Machine.create(EDGE)
    await writeSample(machine, 1000)
    await commitAll(machine.path("application"))
    const text = await readFile(machine.path("application", "compose.yml"), "utf8")
    const input = Buffer.from(text.replaceAll("oci:images", "oci:application/images"))
    const create = `release create ${EDGE} -f - --version 1.2.3`
    expect(await machine.json(create, { input })).toMatchObject({ commitSource: "content" })
    const commit = await commitAll(machine.folder)
    expect(await machine.json(create, { input })).toMatchObject({ commitSource: "checkout", commit })
  })

  test("it is made from the content outside of one: all of it but the time", async () => {
    const machine = await Machine.create(EDGE, "site/edge")
    await writeSample(machine, 1000)
    const create = "-f application/compose.yml --version 1.2.3"
    const first = await machine.json<Created>(`release create ${EDGE} ${create}`)
    expect(first).toMatchObject({ commitSource: "content", commit: expect.stringMatching(/^[0-9a-f]{40}$/) })
    const elsewhere = await machine.json<Created>(`release create site/edge ${create}`)
    expect(elsewhere).toMatchObject({ commit: first.commit, wasThere: false })
    for (const words of ["--note other", "--tag a=b", "--variant prod"]) {
      const other = await machine.json<Created>(`release create ${EDGE} ${create} ${words}`)
      expect(other.wasThere).toBe(false)
    }
  })

  test("what git refuses is told, and nothing is created", async () => {
    const machine = await Machine.create(EDGE)
    await writeSample(machine, 1000)
    await commitAll(machine.path("application"))
    const create = `release create ${EDGE} -f application/compose.yml`
    const env = { GIT_TEST_ASSUME_DIFFERENT_OWNER: "1" }
    await expectFailureWithoutChange(
      machine,
      create,
      /git does not tell the commit of application: .*ownership/,
      { env },
    )
  })
})
