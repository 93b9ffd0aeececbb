import { expect, test } from "vitest"
import { Machine } from "../support/cli.ts"
import { createSample, type PrintedRelease, writeSample } from "../support/sample.ts"

const EDGE = "acme/edge"
const FAR = "far/ship"

interface PrintedBundle {
  release: string
  isDraft: boolean
}

/** A machine with a draft of 1.3.0 in acme/edge, its bundle `draft.tar`, and the fleet far/ship. */
async function machineWithDraft() {
  const machine = await Machine.create(EDGE, FAR)
  const file = await writeSample(machine)
  const draft = await machine.json<PrintedRelease>(
    `release create ${EDGE} -f ${file} --version 1.3.0 --draft`,
  )
  const told = await machine.run(`release export ${draft.commit} -o draft.tar`)
  expect(told.status).toBe(0)
  return { machine, draft, told: told.stdout }
}

test("a draft stays a draft on the far side", async () => {
  const { machine, draft, told } = await machineWithDraft()
  expect(told).toContain("it is imported as a draft")
  expect(await machine.ok("release verify draft.tar")).toContain("version  1.3.0, a draft\n")
  expect(await machine.ok("release inspect draft.tar")).toContain("release 1.3.0, a draft")
  expect(await machine.json<PrintedBundle>("release inspect draft.tar")).toMatchObject({ isDraft: true })

  const old = await createSample(machine, FAR, { words: ["--commit", "aaaaaaa"] })
  await machine.ok(["device", "register", FAR, "--uuid", "a".repeat(32)])
  const target = async () =>
    (await machine.json<{ release: PrintedRelease }>(`device target ${"a".repeat(32)}`)).release.version
  expect(await target()).toBe(old.version)

  const imported = await machine.json<PrintedRelease>(`release import draft.tar ${FAR}`)
  expect(imported).toMatchObject({
    isDraft: true,
    revision: null,
    version: draft.version,
    target: { before: { version: "1.2.3" }, after: { version: "1.2.3" } },
  })
  expect(await target()).toBe("1.2.3")
  // Looked at there and carried on, it is the same file.
  await machine.ok(`release export ${FAR} --version ${imported.version} -o again.tar`)
  expect((await machine.shell("cmp draft.tar again.tar")).status).toBe(0)

  await machine.ok(`release finalize ${FAR} --version ${imported.version}`)
  expect(await target()).toBe("1.3.0")
  await machine.ok(`release export ${FAR} -o final.tar`)
  expect(await machine.json<PrintedBundle>("release verify final.tar")).toMatchObject({
    isDraft: false,
    release: draft.release,
  })
})

test("an import makes a draft or a final release of any bundle where it is told to", async () => {
  const { machine, draft } = await machineWithDraft()
  const final = await machine.json<PrintedRelease>(`release import draft.tar ${FAR} --final`)
  expect(final).toMatchObject({ isDraft: false, revision: 0, version: "1.3.0", release: draft.release })
  await machine.ok(`release export ${FAR} -o final.tar`)

  await machine.ok("fleet create far/yard")
  const looked = await machine.run("release import final.tar far/yard --draft")
  expect(looked.stdout).toMatch(
    /^imported far\/yard (1\.3\.0-\d+), a draft; make it final with `waybill release finalize far\/yard --version \1`$/m,
  )
  expect(looked.stdout).toContain("far/yard tracks latest: its target stays none; no device moves\n")

  const both = await machine.run("release import final.tar far/yard --draft --final")
  expect(both).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("'--draft' cannot be used with option '--final'"),
  })
})

test("an import of what is there changes neither a draft nor a final release, and says so", async () => {
  const { machine, draft } = await machineWithDraft()
  const kept = await machine.run(`release import draft.tar ${EDGE} --final`)
  expect(kept.status).toBe(0)
  expect(kept.stderr).toContain(
    `the fleet has ${EDGE} ${draft.version} as a draft, and keeps it so; make it final with \`waybill release finalize ${EDGE} --version ${draft.version}\``,
  )
  expect(await machine.json(`release show ${draft.commit}`)).toMatchObject({ isDraft: true })

  await machine.ok(`release finalize ${EDGE} --version ${draft.version}`)
  const same = await machine.run(`release import draft.tar ${EDGE}`)
  expect(same.stderr).toContain(`the fleet has ${EDGE} 1.3.0 as a final release, and keeps it`)
})

test("a revision cannot be asked of a draft, and nothing is sent", async () => {
  const { machine } = await machineWithDraft()
  const refused = await machine.run(`release import draft.tar ${FAR} --override-version 2.0.0+rev1`)
  expect(refused.stderr).toContain("the version asks for rev1, but a draft has no revision")
  expect(await machine.json(`release list ${FAR}`)).toEqual([])
})

test("exporting an invalidated release says that the bundle does not carry that", async () => {
  const machine = await Machine.create(EDGE)
  const { commit } = await createSample(machine, EDGE)
  await machine.ok(`release invalidate ${EDGE} --version 1.2.3`)
  const { status, stderr } = await machine.run(`release export ${commit} -o release.tar`)
  expect(status).toBe(0)
  expect(stderr).toContain(
    `${EDGE} 1.2.3 is invalidated; a bundle does not say so, and an import makes it valid`,
  )
})
