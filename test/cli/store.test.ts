import { existsSync } from "node:fs"
import { readdir, readFile, truncate, writeFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { Machine } from "../support/cli.ts"
import { bringBundle } from "../support/sample.ts"
import { serve, serveBundle } from "../support/served.ts"

async function machineWithRelease() {
  const machine = await Machine.create("acme/edge")
  const bundle = await bringBundle(machine)
  await machine.ok("release import release.tar acme/edge")
  const folder = machine.path("home/store/blobs/sha256")
  return { machine, folder, ...bundle }
}

test("what only a removed fleet needed is freed, and nothing else", async () => {
  const { machine, folder } = await machineWithRelease()
  const before = (await readdir(folder)).sort()
  expect(await machine.ok("store gc --grace 0s")).toBe("freed 0 B: 0 blobs\n")
  expect((await readdir(folder)).sort()).toEqual(before)

  await machine.ok("fleet rm acme/edge --with-releases")
  expect(await machine.ok("store gc")).toMatch(
    /^freed 0 B: 0 blobs\nkept \S+ MB that nothing needs yet: pushed less than 1h ago/,
  )
  expect(await machine.ok("store gc --grace 0s --dry-run")).toMatch(/^would free \S+ MB: \d+ blobs\n$/)
  expect((await readdir(folder)).sort()).toEqual(before)
  const { removed } = (await machine.json("store gc --grace 0s")) as { removed: unknown[] }
  expect(removed).toHaveLength(before.length)
  expect(await readdir(folder)).toEqual([])
})

test("damage is named with what needs it, and importing again makes it good", async () => {
  const { machine, folder } = await machineWithRelease()
  expect(await machine.ok("store verify")).toMatch(/^verified \d+ blobs of \S+ MB, every byte checked\n$/)
  const [flipped = "", cut = "", ...others] = await largest(folder)
  expect(others).not.toEqual([])
  const bytes = await readFile(`${folder}/${flipped}`)
  bytes[1000] = (bytes[1000] ?? 0) ^ 1
  await writeFile(`${folder}/${flipped}`, bytes)
  await truncate(`${folder}/${cut}`, 10)
  const { status, stdout, stderr } = await machine.run("store verify --quiet")
  expect(status).toBe(1)
  for (const hex of [flipped, cut]) {
    expect(stdout).toMatch(
      new RegExp(`^damaged: sha256:${hex} .*needed by .*release 1\\.2\\.3 of acme/edge`, "m"),
    )
  }
  expect(stderr).toMatch(/^error: 2 of \d+ blobs are damaged or missing\nhint: import the releases/)
  const printed = await machine.run("store verify --json --quiet")
  expect(printed).toMatchObject({ status: 1, stderr })
  expect(JSON.parse(printed.stdout)).toMatchObject({ damaged: [{}, {}] })

  await machine.ok("release import release.tar acme/edge")
  expect(await machine.ok("store verify")).toMatch(/^verified /)
})

async function largest(folder: string): Promise<string[]> {
  const names = await readdir(folder)
  const sized = await Promise.all(
    names.map(async (name) => ({ name, size: (await readFile(`${folder}/${name}`)).length })),
  )
  return sized.sort((one, other) => other.size - one.size).map(({ name }) => name)
}

test("a time that is none is a wrong command line", async () => {
  const machine = await Machine.create()
  for (const grace of ["1", "1 hour", "-1h", "1w", ""]) {
    const { status, stderr } = await machine.run(["store", "gc", "--grace", grace])
    expect(stderr).toContain("is not a time")
    expect(status).toBe(2)
  }
})

test("a bundle is served with what pulls it, and says when it cannot be", async () => {
  const { machine, images } = await machineWithRelease()
  const { host, url } = await serveBundle(machine, "release.tar")
  const answer = await fetch(`${url}/v2/web/manifests/1.2.3`)
  expect(answer.headers.get("docker-content-digest")).toBe(images.web)
  expect(await machine.run(`release serve release.tar --listen ${host}`)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("in use by another program"),
  })
  await writeFile(machine.path("holiday.jpg"), "not a bundle")
  expect(await machine.run("release serve holiday.jpg --listen 127.0.0.1:0")).toMatchObject({ status: 1 })
  expect(await machine.run("release serve release.tar --listen 0.0.0.0:0")).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("there is no certificate"),
  })
})

test.each(["gc", "gc --dry-run", "verify"])(
  "store %s does not answer for a server's store",
  async (words) => {
    const server = await Machine.create("acme/edge")
    const { url, token } = await serve(server)
    const machine = await Machine.create("acme/here")
    await machine.ok(`context create site --server ${url} --token -`, { input: Buffer.from(token) })
    const elsewhere = {
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(
        new RegExp(
          `^error: the content store of ${url} is not on this machine\nhint: run it on the server's machine, .*--context home`,
        ),
      ),
    }
    expect(await machine.run(`store ${words} --context site`)).toMatchObject(elsewhere)
    expect(await machine.run(`store ${words}`, { env: { WAYBILL_CONTEXT: "site" } })).toMatchObject(elsewhere)
    expect((await machine.run(`store ${words}`)).status).toBe(0)
    await machine.ok("context use site")
    expect(await machine.run(`store ${words}`)).toMatchObject(elsewhere)
    expect((await machine.run(`store ${words} --context home`)).status).toBe(0)
  },
)

test.each(["gc", "verify"])(
  "store %s neither answers for a home that is not there nor makes one",
  async (verb) => {
    const machine = await Machine.create()
    expect(await machine.run(`store ${verb}`)).toMatchObject({
      status: 1,
      stdout: "",
      stderr: `error: there is no home in ${machine.path("home")}, and so no content store\nhint: set WAYBILL_HOME to the folder whose store is meant; of a server, that is what it was started with\n`,
    })
    expect(existsSync(machine.path("home"))).toBe(false)
  },
)
