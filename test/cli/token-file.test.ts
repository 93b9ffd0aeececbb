import { chmod, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, onTestFinished, test } from "vitest"
import { TokenFile } from "../../src/cli/token-file.ts"
import { secretOf, uuidOf } from "../fleet/sample-device.ts"
import { Machine } from "../support/cli.ts"
import { expectFailure } from "../support/failure.ts"
import { answerJson, startServer } from "../support/registry/http-server.ts"
import { serveAgain } from "../support/served.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const SECRET = /^wbt_[A-Za-z0-9_-]{43}\n$/

async function stop({ process, outcome }: Awaited<ReturnType<typeof serveAgain>>) {
  process.kill("SIGTERM")
  return outcome
}

test("the first token goes into a file for its user alone, and later starts leave it as it is", async () => {
  const machine = await Machine.create()
  const first = await serveAgain(machine, "--token-file token")
  const secret = await readFile(machine.path("token"), "utf8")
  expect(secret).toMatch(SECRET)
  const { mode, ino, mtimeMs } = await stat(machine.path("token"))
  expect(mode & 0o777).toBe(0o600)
  await machine.ok(`context create site --server ${first.url} --token-file token`)
  expect(await machine.ok("whoami --context site")).toMatch(/^token +administrator \(1\)$/m)
  const ended = await stop(first)
  expect(ended).toMatchObject({ status: 0, stdout: "" })
  expect(ended.stderr).toContain("the administrator's token is in token\n")
  expect(ended.stderr).not.toContain(secret.trim())

  const second = await serveAgain(machine, "--token-file token")
  expect((await stop(second)).stderr).not.toContain("warning: ")
  expect(await readFile(machine.path("token"), "utf8")).toBe(secret)
  expect(await stat(machine.path("token"))).toMatchObject({ ino, mtimeMs })
})

test("a start that broke between the file and the token is made up for by the next", async () => {
  const machine = await Machine.create()
  await writeFile(machine.path("token"), `${secretOf("kept")}\n`, { mode: 0o600 })
  const { url } = await serveAgain(machine, "--token-file token")
  await machine.ok(`context create site --server ${url} --token-file token`)
  expect(await readFile(machine.path("token"), "utf8")).toBe(`${secretOf("kept")}\n`)
})

test("a start that cannot listen leaves no file", async () => {
  const machine = await Machine.create()
  const { url } = await serveAgain(machine)
  const other = await Machine.create()
  const words = `serve --listen ${new URL(url).host} --token-file token`
  expectFailure(await other.run(words), /in use by another program/)
  await expect(stat(other.path("token"))).rejects.toMatchObject({ code: "ENOENT" })
})

test("of servers that start at once at one address, those that fail leave the other's token in the file", async () => {
  const free = await serveAgain(await Machine.create())
  const { host } = new URL(free.url)
  await stop(free)
  const machine = await Machine.create()
  const servers = [1, 2, 3, 4].map(() => machine.start(`serve --listen ${host} --token-file token`))
  const ended: unknown[] = []
  await new Promise<void>((resolve) => {
    for (const { outcome } of servers) {
      void outcome.then(({ status, stderr }) => {
        ended.push({ status, isTaken: /in use by another program/.test(stderr) })
        if (ended.length === servers.length - 1) resolve()
      })
    }
  })
  expect(ended).toEqual(Array.from({ length: 3 }, () => ({ status: 1, isTaken: true })))
  await machine.ok(`context create site --server http://${host} --token-file token --wait 60s`)
  expect(await machine.ok("whoami --context site")).toMatch(/^token +administrator \(1\)$/m)
})

test("where the first token was made before, a file is neither made nor changed, and the server starts", async () => {
  const machine = await Machine.create()
  await stop(await serveAgain(machine))
  const again = await stop(await serveAgain(machine, "--token-file token"))
  expect(again.stderr).toContain(
    "warning: no token is written into token: the first one was made before; `waybill token create` in this home makes another",
  )
  await expect(stat(machine.path("token"))).rejects.toMatchObject({ code: "ENOENT" })
  await writeFile(machine.path("token"), `${secretOf("revoked")}\n`, { mode: 0o600 })
  const third = await stop(await serveAgain(machine, "--token-file token"))
  expect(third.stderr).toContain("warning: the token in token is good for nothing here")
  expect(await readFile(machine.path("token"), "utf8")).toBe(`${secretOf("revoked")}\n`)
})

test("a server that fails once it listens ends, and says why", async () => {
  const machine = await Machine.create()
  await stop(await serveAgain(machine))
  const database = new DatabaseSync(machine.path("home/waybill.db"))
  database.exec("ALTER TABLE devices RENAME COLUMN key_hash TO lost")
  database.close()
  expect(await machine.run("serve --listen 127.0.0.1:0 --token-file token")).toMatchObject({
    status: 1,
    stdout: "",
    stderr: "error: no such column: devices.key_hash\n",
  })
})

test("starts at the same time share one file, which nobody sees without its token", async () => {
  const folder = await temporaryFolder()
  for (let round = 0; round < 20; round++) {
    const path = join(folder, `token-${round}`)
    const files = await Promise.all(
      Array.from({ length: 8 }, (_, start) => TokenFile.prepare(path, () => secretOf(`start-${start}`))),
    )
    const secrets = new Set(files.map(({ secret }) => `${secret}\n`))
    expect([...secrets]).toEqual([await readFile(path, "utf8")])
    expect(files.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  }
  expect(await readdir(folder)).toHaveLength(20)
})

describe("a file that is none with a token of this user is refused before anything is made, and stays:", () => {
  const TOKEN = `${secretOf("planted")}\n`
  const cases: [what: string, make: (path: string) => Promise<unknown>, error: RegExp][] = [
    ["another file", (path) => writeFile(path, "notes\n", { mode: 0o600 }), /token: it holds something else/],
    ["an empty one", (path) => writeFile(path, "", { mode: 0o600 }), /token: it is empty/],
    [
      "one that others may read",
      (path) => writeFile(path, TOKEN).then(() => chmod(path, 0o644)),
      /others may .*0644/,
    ],
    [
      "a link",
      (path) => writeFile(`${path}.real`, TOKEN, { mode: 0o600 }).then(() => symlink(`${path}.real`, path)),
      /token: it is a symbolic link/,
    ],
  ]
  test.each(cases)("%s", async (_, make, error) => {
    const machine = await Machine.create("acme/edge")
    await make(machine.path("token"))
    const before = await readFile(machine.path("token"), "utf8")
    expectFailure(await machine.run("serve --listen 127.0.0.1:0 --token-file token"), error)
    expect(await readFile(machine.path("token"), "utf8")).toBe(before)
    expect(await machine.json("token list")).toEqual([])
  })

  test.runIf(process.getuid?.() === 0)("one of another user", async () => {
    const machine = await Machine.create("acme/edge")
    await writeFile(machine.path("token"), TOKEN, { mode: 0o600 })
    await machine.shell("chown 12345 token")
    expectFailure(
      await machine.run("serve --listen 127.0.0.1:0 --token-file token"),
      /it belongs to another user \(uid 12345\)/,
    )
  })
})

test("--wait bounds a try at a server that does not answer, and waits for one that fails at first", async () => {
  const machine = await Machine.create()
  const create = `context create site --token ${secretOf("any")}`
  const silent = await startServer(async () => undefined)
  onTestFinished(silent.close)
  expectFailure(
    await machine.run(`${create} --server ${silent.origin} --wait 1s`),
    /^error: there is no answer within 1 s from http:/,
  )
  // More often than one try asks for it.
  let failures = 6
  const principal = { kind: "device", uuid: uuidOf(1), organization: "acme" }
  const starting = await startServer(async (_, response) => {
    if (failures-- > 0) response.writeHead(503).end()
    else answerJson(response, 200, principal)
  })
  onTestFinished(starting.close)
  expect(await machine.run(`${create} --server ${starting.origin} --wait 60s --quiet`)).toMatchObject({
    status: 0,
    stderr: "",
    stdout: expect.stringContaining(`as device ${uuidOf(1)}`),
  })
})

test("a context is made while the server starts: its token file and then the server are waited for", async () => {
  const far = await Machine.create()
  const free = await serveAgain(far)
  const { host } = new URL(free.url)
  await stop(free)
  await rm(far.path("home"), { recursive: true })
  const machine = await Machine.create()
  const creating = machine.start(
    `context create site --server http://${host} --token-file ${far.path("token")} --wait 60s`,
  )
  let said = ""
  creating.process.stderr?.on("data", (text) => {
    said += text
  })
  await new Promise((resolve) => creating.process.stderr?.once("data", resolve))
  expect(said).toBe(`waiting at most 60 s for a token in ${far.path("token")}\n`)
  const running = far.start(`serve --listen ${host} --token-file token`)
  expect(await creating.outcome).toMatchObject({
    status: 0,
    stdout: `created site: http://${host}, as administrator, admin of all organizations\n`,
  })
  running.process.kill("SIGTERM")
  await running.outcome
})

test("a context for a server that does not come up is given up in time, with what was waited for", async () => {
  const machine = await Machine.create()
  await writeFile(machine.path("token"), `${secretOf("any")}\n`, { mode: 0o600 })
  const { status, stderr } = await machine.run(
    "context create site --server http://127.0.0.1:1 --token-file token --wait 1s",
  )
  expect(stderr).toMatch(
    /^waiting at most 1 s for http:\/\/127\.0\.0\.1:1\nerror: cannot connect to 127\.0\.0\.1:1: nothing listens there\nhint: /,
  )
  expect(status).toBe(1)
  expect(await machine.run("context create site --server http://127.0.0.1:1")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("error: a token is missing\nhint: give --token-file FILE, or --token -"),
  })
})

test("the same context again is there already", async () => {
  const far = await Machine.create()
  const { url } = await serveAgain(far, "--token-file token")
  const words = `context create site --server ${url} --token-file token`
  await far.ok(words)
  expect(await far.ok(words)).toBe(
    `site is there already: ${url}, as administrator, admin of all organizations\n`,
  )
})
