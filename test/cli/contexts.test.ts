import { readdir, readFile, stat, writeFile } from "node:fs/promises"
import type { ServerResponse } from "node:http"
import { expect, onTestFinished, test } from "vitest"
import { newDeviceKey } from "../../src/fleet/secret.ts"
import { secretOf, uuidOf } from "../fleet/sample-device.ts"
import { Machine } from "../support/cli.ts"
import { expectFailure } from "../support/failure.ts"
import { makeCertificates } from "../support/registry/certificates.ts"
import { answerJson, startServer } from "../support/registry/http-server.ts"
import { runServer, type TestServer } from "../support/running-server.ts"

const FILE = "home/contexts.json"

/** Makes a context on a machine; its token comes in as people should give it. */
async function join(machine: Machine, name: string, { url, token }: Pick<TestServer, "url" | "token">) {
  return machine.ok(`context create ${name} --server ${url} --token -`, { input: Buffer.from(`${token}\n`) })
}

test("a context is checked, kept for its user alone, listed without its token, used and removed", async () => {
  const server = await runServer()
  const machine = await Machine.create("acme/here")
  await server.home.fleets.createFleet({ slug: "acme/there" }, server.home.change())

  expect(await join(machine, "site", server)).toBe(
    `created site: ${server.url}, as administrator, admin of all organizations\n`,
  )
  expect((await stat(machine.path(FILE))).mode & 0o777).toBe(0o600)
  expect(await machine.ok("fleet list")).toContain("acme/here")

  expect(await machine.ok("context use site")).toBe("working in site from now on\n")
  const list = await machine.ok("context list")
  expect(list).toMatch(new RegExp(`^\\* +site +${server.url}$`, "m"))
  expect(list + (await machine.ok("context list --json"))).not.toContain("wbt_")
  expect(await machine.ok("fleet list")).toContain("acme/there")

  expect(await machine.ok("context rm site")).toBe("removed site; working in home\n")
  expect(await readFile(machine.path(FILE), "utf8")).not.toContain(server.token)
  expect(await machine.ok("fleet list")).toContain("acme/here")
})

test("the option wins over the environment, that over the context in use, and that over the home", async () => {
  const [first, second, third] = await Promise.all([runServer(), runServer(), runServer()])
  const machine = await Machine.create("acme/home")
  for (const [name, server] of Object.entries({ first, second, third })) {
    await server.home.fleets.createFleet({ slug: `acme/${name}` }, server.home.change())
    await join(machine, name, server)
  }
  const seen = async (words: string, env = {}) => {
    const fleets = await machine.json<{ slug: string }[]>(`fleet list ${words}`, { env })
    return fleets.map(({ slug }) => slug)
  }
  expect(await seen("")).toEqual(["acme/home"])
  await machine.ok("context use first")
  expect(await seen("")).toEqual(["acme/first"])
  expect(await seen("", { WAYBILL_CONTEXT: "" })).toEqual(["acme/first"])
  const env = { WAYBILL_CONTEXT: "second" }
  expect(await seen("", env)).toEqual(["acme/second"])
  expect(await seen("--context third", env)).toEqual(["acme/third"])
  expect(await seen("--context home", env)).toEqual(["acme/home"])

  expect(await machine.ok("context list", { env })).toMatch(/^\* +second +/m)
  const { stdout, stderr } = await machine.run("context use third", { env })
  expect(stdout).toBe("working in third from now on\n")
  expect(stderr).toBe("warning: WAYBILL_CONTEXT is set: as long as it is, commands work in second\n")
  expect(await machine.ok("context list")).toMatch(/^\* +third +/m)
})

test("a name that is not known, or cannot be one, is a wrong command line that says what there is", async () => {
  const server = await runServer()
  const machine = await Machine.create()
  await join(machine, "site", server)
  const before = await readFile(machine.path(FILE))
  for (const words of ["fleet list --context sight", "context use sight", "context rm sight"]) {
    const { status, stderr } = await machine.run(words)
    expect(stderr).toContain('error: there is no context "sight"\nhint: the contexts are: home, site;')
    expect(status).toBe(2)
  }
  for (const name of ["home", "__proto__", "constructor!", "../x", "-x", "a b", "", "x".repeat(64)]) {
    const words = ["context", "create", "--server", server.url, "--token", server.token, "--", name]
    expect((await machine.run(words)).status, name).toBe(2)
  }
  expect((await machine.run("context rm home")).status).toBe(2)
  expect(
    await machine.run(`context create site --server ${server.url} --token ${secretOf("other")}`),
  ).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(`there is a context site already, for ${server.url}`),
  })
  expect(await readFile(machine.path(FILE))).toEqual(before)
})

test("nothing is kept of a server or a token that is not good", async () => {
  const { url } = await runServer()
  const page = await startServer(async (_, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end("<html>")
  })
  const machine = await Machine.create()
  const secret = secretOf("nobody")
  const cases: [string, string, RegExp][] = [
    [url, secret, /error: 127.*\nhint: /],
    [url, "wbt_cut", /that is not the secret of a token/],
    [page.origin, secret, /does not answer as a Waybill server/],
    ["http://site.example", secret, /would get the token in the clear\nhint: use https/],
    [url.replace("http:", "https:"), secret, /speaks plain HTTP/],
  ]
  for (const [server, token, message] of cases) {
    const { status, stderr } = await machine.run(
      `context create site --server ${server} --token ${token} --wait 0s`,
    )
    expect(stderr).toMatch(message)
    expect(stderr).not.toContain(token)
    expect(status).toBe(1)
  }
  await page.close()
  const { stderr } = await machine.run(
    `context create site --server ${page.origin} --token ${secret} --wait 0s`,
  )
  expect(stderr).toMatch(/cannot connect to .*: nothing listens there\nhint: check the server's address/)
  await expect(stat(machine.path(FILE))).rejects.toMatchObject({ code: "ENOENT" })
})

test("a file that no token was written into yet is told from a wrong token", async () => {
  const { url } = await runServer()
  const machine = await Machine.create()
  for (const nothing of ["", "\n"]) {
    const create = `context create site --server ${url} --token -`
    expect(await machine.run(create, { input: Buffer.from(nothing) })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("error: standard input is empty, where a token should be\nhint: "),
    })
  }
})

test.for([
  ["cut off", '{"current":"site","contexts":{"si'],
  ["of another shape", '{"current":"home","contexts":{"site":{"server":7}}}'],
  ["empty", ""],
])("a file of contexts that is %s is told of, and never written over", async ([_, text = ""]) => {
  const machine = await Machine.create("acme/edge")
  await writeFile(machine.path(FILE), text)
  const create = `context create site --server https://127.0.0.1:1 --token ${secretOf("ci")}`
  for (const words of ["context list", "context use home", "context rm site", "fleet list", create]) {
    const { status, stderr } = await machine.run(words)
    expect(stderr).toMatch(/^error: .*contexts\.json.*\nhint: mend the file/)
    expect(status).toBe(1)
  }
  expect(await readFile(machine.path(FILE), "utf8")).toBe(text)
  expect(await machine.ok("fleet list --context home")).toContain("acme/edge")
})

test("a server with a certificate of one's own authority is reached with that, from any folder", async () => {
  const { authority, server: tls } = await makeCertificates()
  const { url, token } = await runServer({ tls: { cert: Buffer.from(tls.cert), key: Buffer.from(tls.key) } })
  const machine = await Machine.create()
  await writeFile(machine.path("ca.pem"), authority.cert)
  const create = `context create site --server ${url} --token ${token}`
  expect((await machine.run(create)).stderr).toMatch(/unknown authority\nhint: .*--ca-file/)
  await machine.ok(`${create} --ca-file ca.pem`)
  const { status } = await machine.shell("cd docker && waybill fleet list --context site")
  expect(status).toBe(0)
})

test("a device's key makes a context that reaches its own target alone", async () => {
  const { url, home } = await runServer()
  const key = newDeviceKey(() => new Uint8Array(32).fill(7))
  await home.fleets.createFleet({ slug: "acme/edge" }, home.change())
  await home.fleets.registerDevice("acme/edge", { uuid: uuidOf(1), key }, home.change())
  const machine = await Machine.create()
  expect(await join(machine, "me", { url, token: key })).toContain(`as device ${uuidOf(1)}`)
  expect(await machine.json(`device target ${uuidOf(1)} --context me`)).toMatchObject({ uuid: uuidOf(1) })
  for (const words of ["fleet list", `device show ${uuidOf(1)}`, "token list"]) {
    expect((await machine.run(`${words} --context me`)).status).toBe(1)
  }
})

test("contexts that are created at once are all kept, each with its token, and one name is given once", async () => {
  const held: ServerResponse[] = []
  const principal = {
    kind: "token",
    token: {
      id: 1,
      name: "ada",
      role: "viewer",
      organization: null,
      createdAt: "2026-01-01T00:00:00.000Z",
      lastUsedAt: null,
    },
  }
  // Nobody gets an answer before all have asked: what they read of the file before is then old for all but one.
  const server = await startServer(async (_, response) => {
    held.push(response)
    if (held.length === 6) for (const each of held) answerJson(each, 200, principal)
  })
  onTestFinished(() => server.close())
  const machine = await Machine.create()
  const names = ["first", "second", "third", "fourth", "same", "same"]
  const outcomes = await Promise.all(
    names.map((name, at) =>
      machine.run(`context create ${name} --server ${server.origin} --token ${secretOf(`number ${at}`)}`),
    ),
  )
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual([0, 0, 0, 0, 0, 2])
  const refused = outcomes.find(({ status }) => status === 2)
  expect(refused?.stderr).toContain("there is a context same already")
  const { contexts } = JSON.parse(await readFile(machine.path(FILE), "utf8"))
  expect(Object.keys(contexts).toSorted()).toEqual(["first", "fourth", "same", "second", "third"])
  for (const [at, name] of ["first", "second", "third", "fourth"].entries()) {
    expect(contexts[name].token).toBe(secretOf(`number ${at}`))
  }
  expect((await readdir(machine.path("home"))).toSorted()).toEqual(["contexts.json", "contexts.json.lock"])
})

test("where the file cannot be written, the context before stays", async () => {
  const server = await runServer()
  const machine = await Machine.create()
  await join(machine, "site", server)
  const before = await readFile(machine.path(FILE))
  const outcome = await machine.run("context use home", { before: "ulimit -f 0;" })
  expectFailure(
    outcome,
    /^error: .*home\/contexts\.json cannot be written: the file system takes no file of that size$/m,
  )
  expect(await readFile(machine.path(FILE))).toEqual(before)
  expect(await readdir(machine.path("home"))).toEqual(["contexts.json", "contexts.json.lock"])
})

test("the database that the environment names is that of every command on this machine", async () => {
  const machine = await Machine.create("acme/edge")
  for (const words of ["fleet list", "token list", "store gc"]) {
    const { status, stderr } = await machine.run(words, {
      env: { WAYBILL_DATABASE: "postgres://127.0.0.1:1/none" },
    })
    expect(stderr).toContain("error: the database 127.0.0.1:1/none cannot be reached")
    expect(status).toBe(1)
  }
})
