import { chmod, chown, lchown, lstat, mkdir, readdir, symlink } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { Machine } from "../support/cli.ts"
import { expectFailure } from "../support/failure.ts"
import { runServer } from "../support/running-server.ts"
import { bringBundle } from "../support/sample.ts"

const STRANGER = 54_321

const modeOf = async (path: string) => (await lstat(path)).mode & 0o7777

/** The modes of a home's database and of all that lies directly in it. */
async function modesIn(folder: string): Promise<Record<string, string>> {
  const names = ["", ...(await readdir(folder))].sort()
  const modes = await Promise.all(
    names.map(async (name) => [name, (await modeOf(join(folder, name))).toString(8)]),
  )
  return Object.fromEntries(modes)
}

describe.each(["000", "022", "277", "777"])("with umask %s", (umask) => {
  const before = `umask ${umask}; exec`

  test("a home is for its user alone, also while it is open", async () => {
    const machine = await Machine.create()
    await machine.ok("fleet create acme/edge", { before })
    expect(await modesIn(machine.path("home"))).toEqual({ "": "700", "waybill.db": "600" })

    const serving = machine.start("serve --listen 127.0.0.1:0", { before })
    await new Promise((resolve) => serving.process.stdout?.once("data", resolve))
    expect(await modesIn(machine.path("home"))).toEqual({
      "": "700",
      "waybill.db": "600",
      "waybill.db-shm": "600",
      "waybill.db-wal": "600",
    })
    serving.process.kill("SIGTERM")
    expect((await serving.outcome).status).toBe(0)
  })

  test("so is one below folders that are missing, and the file of contexts", async () => {
    const server = await runServer()
    const machine = await Machine.create()
    const env = { WAYBILL_HOME: machine.path("deep/down/home") }
    const words = ["context", "create", "site", "--server", server.url, "--token", server.token]
    await machine.ok(words, { before, env })
    expect(await modeOf(machine.path("deep"))).toBe(0o700)
    expect(await modeOf(machine.path("deep/down"))).toBe(0o700)
    expect(await modesIn(machine.path("deep/down/home"))).toEqual({
      "": "700",
      "contexts.json": "600",
      "contexts.json.lock": "600",
    })
  })
})

test("an exported file is as readable as its user's umask says", async () => {
  const machine = await Machine.create("acme/edge", "site/edge")
  await bringBundle(machine)
  await machine.ok("release import release.tar site/edge")
  for (const [umask, mode] of [
    ["022", 0o644],
    ["002", 0o664],
    ["077", 0o600],
  ] as const) {
    await machine.ok(`release export site/edge -o ${umask}.tar`, { before: `umask ${umask}; exec` })
    expect(await modeOf(machine.path(`${umask}.tar`))).toBe(mode)
  }
})

test("a file of contexts that was open to others is closed to them when it is used", async () => {
  const server = await runServer()
  const machine = await Machine.create()
  await machine.ok(["context", "create", "site", "--server", server.url, "--token", server.token])
  await chmod(machine.path("home"), 0o755)
  await chmod(machine.path("home/contexts.json"), 0o644)
  const { status, stderr } = await machine.run("fleet list --context site")
  expect(stderr).toMatch(/^warning: other users could enter .*home \(mode 0755\): it is closed to them now/)
  expect(status).toBe(0)
  expect(await modesIn(machine.path("home"))).toEqual({
    "": "700",
    "contexts.json": "600",
    "contexts.json.lock": "600",
  })
  expect((await machine.run("fleet list --context site")).stderr).toBe("")
})

// Only root can give folders away, and be somebody else.
if (process.getuid?.() === 0) {
  describe("a home of another user is not used:", () => {
    const before = `exec setpriv --reuid=${STRANGER} --regid=${STRANGER} --clear-groups`
    const other = STRANGER + 1

    test.each([
      ["the folder", (machine: Machine) => chown(machine.path("home"), other, other)],
      [
        "a link to a folder of one's own",
        async (machine: Machine) => {
          await chown(machine.path("home"), STRANGER, STRANGER)
          await symlink("home", machine.path("link"))
          await lchown(machine.path("link"), other, other)
          machine.env.WAYBILL_HOME = machine.path("link")
        },
      ],
    ])("%s", async (_, prepare) => {
      const machine = await Machine.create()
      await mkdir(machine.path("home"))
      await chmod(machine.path("home"), 0o777)
      await chmod(machine.folder, 0o755)
      await prepare(machine)
      const outcome = await machine.run("fleet create acme/edge", { before })
      expectFailure(
        outcome,
        new RegExp(
          `cannot be a home: it belongs to another user \\(uid ${other}, and this is ${STRANGER}\\)`,
        ),
      )
      expect(await modesIn(machine.path("home"))).toEqual({ "": "777" })
    })
  })
}
