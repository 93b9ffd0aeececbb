import { expect, test } from "vitest"
import { parseVersion } from "../../src/fleet/version.ts"
import { openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import { sampleDevice, uuidOf } from "../fleet/sample-device.ts"
import { sampleRelease } from "../fleet/sample-release.ts"
import { Machine } from "../support/cli.ts"
import { runServer } from "../support/running-server.ts"

const registry = "registry.example"
const commitOf = (seed: string) => sampleRelease(seed).commit

/** acme/edge has 1.0.0, three revisions of 1.2.3, and a draft of 1.3.0. */
async function fill(path: string): Promise<void> {
  const home = await openHome({ path, clock: systemClock, actor: "tester" })
  const { fleets } = home
  const at = home.change()
  await fleets.createFleet({ slug: "acme/edge", registry }, at)
  for (const [seed, version, isDraft] of [
    ["a", "1.0.0", false],
    ["b", "1.2.3", false],
    ["c", "1.2.3", false],
    ["d", "1.2.3", false],
    ["e", "1.3.0", true],
  ] as const) {
    await fleets.recordRelease(
      "acme/edge",
      sampleRelease(seed, { version: parseVersion(version), isDraft }),
      at,
    )
  }
  await fleets.registerDevice("acme/edge", sampleDevice(1), at)
  await home.close()
}

async function filled(): Promise<Machine> {
  const machine = await Machine.create()
  await fill(machine.path("home"))
  return machine
}

/** Each way in which a command takes a release of acme/edge. */
const ways = (release: string) => [
  `acme/edge@${release}`,
  `acme/edge ${release}`,
  `acme/edge --version ${release}`,
]

test("behind the fleet, as fleet@release and with --version, a version or a commit means the same in every command", async () => {
  const machine = await filled()
  for (const release of ["1.0.0", "v1.0.0+rev0", commitOf("a"), commitOf("a").slice(0, 7).toUpperCase()]) {
    for (const way of ways(release)) {
      expect(await machine.json(`release show ${way}`)).toMatchObject({ commit: commitOf("a") })
    }
  }
  for (const [at, way] of ways(commitOf("e").slice(0, 9)).entries()) {
    const verb = ["finalize", "invalidate", "validate"][at]
    expect(await machine.json(`release ${verb} ${way}`)).toMatchObject({
      version: "1.3.0",
      commit: commitOf("e"),
    })
  }
  for (const way of ways("1.0.0")) {
    expect(await machine.json(`fleet pin ${way}`)).toMatchObject({ pin: { commit: commitOf("a") } })
  }
  for (const release of ["1.0.0", "--version 1.0.0", "acme/edge@1.0.0", commitOf("a").slice(0, 7)]) {
    const [device] = await machine.json<{ pin: unknown }[]>(`device pin ${uuidOf(1)} ${release}`)
    expect(device?.pin).toMatchObject({ commit: commitOf("a") })
    await machine.ok(`device track-fleet ${uuidOf(1)}`)
  }
  for (const way of ways("1.0.0")) {
    // The registry is not there: what was found is told all the same.
    const { stderr, status } = await machine.run(`release export ${way}+rev7 -o x.tar`)
    expect({ stderr, status }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("error: acme/edge has no release 1.0.0+rev7\n"),
    })
  }
  await machine.ok("fleet track-latest acme/edge")
  for (const [at, way] of [...ways("1.2.3+rev0"), "acme/edge 1.0.0"].entries()) {
    const { status, stderr } = await machine.run(`release rm ${way}`)
    expect(status, stderr).toBe(at === 0 || at === 3 ? 0 : 1)
    if (at === 1 || at === 2) expect(stderr).toContain("error: acme/edge has no release 1.2.3+rev0\n")
  }
})

test("a version with revisions means the newest of them, and the answer says which", async () => {
  const machine = await filled()
  expect(await machine.json("release show acme/edge 1.2.3")).toMatchObject({
    version: "1.2.3+rev2",
    commit: commitOf("d"),
  })
  expect(await machine.ok("release show acme/edge@1.2.3")).toContain("acme/edge 1.2.3+rev2  success")
  const which = "1.2.3 has revisions: the newest is meant, 1.2.3+rev2 (the first is 1.2.3+rev0)\n"
  expect(await machine.ok("fleet pin acme/edge 1.2.3")).toMatch(which)
  expect(await machine.ok(`device pin ${uuidOf(1)} 1.2.3`)).toBe(
    `${which}${uuidOf(1)} is pinned to 1.2.3+rev2\n`,
  )
  await machine.ok("fleet track-latest acme/edge")
  await machine.ok(`device track-fleet ${uuidOf(1)}`)
  expect(await machine.ok("release invalidate acme/edge 1.2.3")).toMatch(
    `${which}acme/edge 1.2.3+rev2 is invalidated\n`,
  )
  // Also one that is invalidated is the newest.
  expect(await machine.ok("release rm acme/edge@1.2.3")).toMatch(`${which}removed acme/edge 1.2.3+rev2\n`)
  expect(await machine.json("release rm acme/edge 1.2.3+rev0")).toMatchObject({
    removed: { version: "1.2.3", commit: commitOf("b") },
  })
  expect(await machine.json("release show acme/edge --version 1.2.3")).toMatchObject({
    version: "1.2.3+rev1",
    commit: commitOf("c"),
  })
})

test("a version that is a draft alone means that", async () => {
  const machine = await filled()
  const draft = await machine.json<{ version: string }>("release show acme/edge --version 1.3.0")
  expect(draft).toMatchObject({ commit: commitOf("e"), isDraft: true })
  expect(draft.version).toMatch(/^1\.3\.0-\d+$/)
  expect(await machine.ok(`device pin ${uuidOf(1)} 1.3.0`)).toBe(
    `1.3.0 is a draft here: ${draft.version} is meant\n${uuidOf(1)} is pinned to ${draft.version}\n`,
  )
  expect(await machine.ok("release finalize acme/edge 1.3.0")).toMatch(
    `1.3.0 is a draft here: ${draft.version} is meant\nacme/edge 1.3.0 is final\n`,
  )
})

test("a draft beside a final release of its version is named in full, and finalize says how", async () => {
  const machine = await filled()
  const home = await openHome({ path: machine.path("home"), clock: systemClock, actor: "tester" })
  const draft = sampleRelease("f", { version: parseVersion("1.0.0"), isDraft: true })
  await home.fleets.recordRelease("acme/edge", draft, home.change())
  await home.close()
  const said = await machine.ok("release finalize acme/edge 1.0.0")
  const name =
    /^acme\/edge 1\.0\.0 is final\nit was final before; a draft of 1\.0\.0 is named in full: (1\.0\.0-\d+)\n/.exec(
      said,
    )
  expect(name, said).not.toBeNull()
  expect(await machine.ok(`release finalize acme/edge ${name?.[1]}`)).toMatch(
    /^acme\/edge 1\.0\.0\+rev1 is final\n/,
  )
  expect(await machine.ok("release finalize acme/edge 1.0.0")).not.toContain("before")
})

test("two releases at once are refused by name, and the same twice is not", async () => {
  const machine = await filled()
  for (const command of [
    "release show acme/edge@1.0.0 1.2.3",
    "release export acme/edge 1.0.0 --version 1.2.3 -o x.tar",
    "release rm acme/edge@1.0.0 --version 1.2.3",
    "release invalidate acme/edge@1.0.0 1.0.0 --version 1.2.3",
    "fleet pin acme/edge@1.0.0 1.2.3",
    `device pin ${uuidOf(1)} 1.0.0 --version 1.2.3`,
  ]) {
    expect(await machine.run(command), command).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /^error: two releases are named at once: 1\.0\.0 and 1\.2\.3\nhint: name the one/,
      ),
    })
  }
  expect(await machine.json("release show acme/edge@1.0.0 v1.0.0 --version 1.0.0")).toMatchObject({
    version: "1.0.0",
  })
  expect(await machine.run(`release show ${commitOf("a")} 1.0.0`)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("is no fleet, of which there could be a release 1.0.0"),
  })
  expect(await machine.run("release show 1.0.0")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('"1.0.0" is neither a fleet nor a commit\nhint: a fleet is org/name'),
  })
})

test("a server resolves them alike, for the command line and for whoever asks its API", async () => {
  const server = await runServer()
  await fill(server.homePath)
  const machine = await Machine.create()
  await machine.ok(`context create site --server ${server.url} --token -`, {
    input: Buffer.from(server.token),
  })
  await machine.ok("context use site")
  for (const way of ways("1.2.3")) {
    expect(await machine.json(`release show ${way}`)).toMatchObject({ version: "1.2.3+rev2" })
  }
  expect(await machine.json(`release show acme/edge ${commitOf("b").slice(0, 8)}`)).toMatchObject({
    version: "1.2.3",
  })
  const find = async (query: string) => {
    const response = await fetch(`${server.url}/api/v1/fleets/acme/edge/releases?${query}`, {
      headers: { authorization: `Bearer ${server.token}` },
    })
    const { items } = (await response.json()) as { items: { version: string }[] }
    return items.map(({ version }) => version)
  }
  expect(await find("version=1.2.3")).toEqual(["1.2.3+rev2", "1.2.3+rev1", "1.2.3"])
  expect(await find("version=1.2.3&limit=1")).toEqual(["1.2.3+rev2"])
  expect(await find("version=1.2.3%2Brev0")).toEqual(["1.2.3"])
  expect(await find("version=1.3.0")).toEqual([expect.stringMatching(/^1\.3\.0-\d+$/)])
})
