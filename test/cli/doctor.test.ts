import { existsSync } from "node:fs"
import { readdir, readFile, utimes, writeFile } from "node:fs/promises"
import { DatabaseSync } from "node:sqlite"
import { expect, test } from "vitest"
import type { Finding } from "../../src/operations/finding.ts"
import { Machine } from "../support/cli.ts"
import { runRegistry, runTokenServer } from "../support/running-registry.ts"
import { runServer } from "../support/running-server.ts"

interface Diagnosis {
  problems: number
  warnings: number
  findings: Finding[]
}

/** What the doctor says that is not well, and its exit status. */
async function diagnose(machine: Machine, env: Record<string, string> = {}) {
  const { status, stdout, stderr } = await machine.run("doctor --json", { env })
  expect(stderr).toBe("")
  const { problems, warnings, findings } = JSON.parse(stdout) as Diagnosis
  const wrong = findings.filter((finding) => finding.status !== "ok")
  expect(wrong.filter((finding) => finding.status === "problem").length).toBe(problems)
  expect(wrong.length).toBe(problems + warnings)
  // Whatever is wrong, it says what to do.
  expect(wrong.filter(({ hint }) => hint === null)).toEqual([])
  expect(status).toBe(problems > 0 ? 1 : 0)
  return { status, wrong, findings, ok: findings.filter((finding) => finding.status === "ok") }
}

async function logIn(machine: Machine, logins: Record<string, string>): Promise<void> {
  const auths = Object.entries(logins).map(([place, login]) => [
    place,
    { auth: Buffer.from(login).toString("base64") },
  ])
  await writeFile(machine.path("docker/config.json"), JSON.stringify({ auths: Object.fromEntries(auths) }))
}

test("where nothing was done yet, nothing is wrong and nothing is made", async () => {
  const machine = await Machine.create()
  const text = await machine.ok("doctor")
  for (const check of ["version", "home", "disk", "database", "clock", "registry"])
    expect(text).toMatch(new RegExp(`^ok {7}${check} `, "m"))
  expect(text).toContain("\nnothing is wrong\n")
  expect(existsSync(machine.path("home"))).toBe(false)
})

test("a home in use is well, and stays as it is", async () => {
  const machine = await Machine.create("acme/edge")
  const before = await readdir(machine.path("home"))
  expect(await diagnose(machine)).toMatchObject({ status: 0, wrong: [] })
  expect(await readdir(machine.path("home"))).toEqual(before)
})

test("a damaged database is a problem, in text and as JSON, with what to do", async () => {
  const machine = await Machine.create("acme/edge")
  const file = machine.path("home/waybill.db")
  const bytes = await readFile(file)
  // The header stays, and all pages behind it are gone.
  await writeFile(file, bytes.fill(0xff, 4096))
  const { wrong } = await diagnose(machine)
  expect(wrong).toMatchObject([{ check: "database", status: "problem", code: "DATABASE_DAMAGED" }])
  const { status, stdout } = await machine.run("doctor")
  expect(status).toBe(1)
  expect(stdout).toMatch(/^problem {2}database {2}the database .* is damaged.*\n {19}hint: put a copy /m)
  expect(stdout).toMatch(/\n1 problem, 0 warnings\n$/)
})

test("the database of a newer Waybill is a problem, and one of an older stays as it is", async () => {
  const machine = await Machine.create("acme/edge")
  const database = new DatabaseSync(machine.path("home/waybill.db"))
  database.exec("pragma user_version = 99")
  expect((await diagnose(machine)).wrong).toMatchObject([{ check: "database", code: "DATABASE_TOO_NEW" }])
  database.exec("pragma user_version = 1")
  const { wrong, ok } = await diagnose(machine)
  expect(wrong).toEqual([])
  expect(ok.map(({ message }) => message).join()).toContain("the next command brings its tables up to date")
  expect(database.prepare("pragma user_version").get()).toEqual({ user_version: 1 })
  database.close()
})

test("a file in the place of the home is a problem", async () => {
  const machine = await Machine.create()
  await writeFile(machine.path("home"), "")
  const { wrong } = await diagnose(machine)
  expect(wrong).toContainEqual(expect.objectContaining({ check: "home", code: "INVALID_HOME" }))
})

test("a clock that is behind what was written is a warning", async () => {
  const machine = await Machine.create("acme/edge")
  const later = new Date(Date.now() + 3_600_000)
  await utimes(machine.path("home/waybill.db"), later, later)
  expect((await diagnose(machine)).wrong).toMatchObject([
    {
      check: "clock",
      status: "warning",
      message: expect.stringMatching(/waybill\.db was written later than that/),
    },
  ])
})

test("registries are asked whether they take the login: those of fleets have to, others should", async () => {
  const auth = { kind: "basic", users: { ann: "right" } } as const
  const [own, other] = await Promise.all([runRegistry({ auth }), runRegistry({ auth })])
  const machine = await Machine.create({ slug: "acme/edge", registry: `${own.host}/far` })
  await logIn(machine, { [own.host]: "ann:right", [other.host]: "ann:right" })
  expect((await diagnose(machine)).wrong).toEqual([])
  expect(await machine.ok("doctor")).toContain(`${own.host} answers, and takes the login`)

  await logIn(machine, { [own.host]: "ann:a-bad-guess", [other.host]: "ann:a-bad-guess" })
  const refused = await diagnose(machine)
  expect(refused.wrong).toMatchObject([
    { check: "registry", status: "problem", code: "UNAUTHORIZED", hint: expect.stringContaining(own.host) },
    { check: "registry", status: "warning", code: "UNAUTHORIZED", hint: expect.stringContaining(other.host) },
  ])
  expect(JSON.stringify(refused)).not.toContain("a-bad-guess")

  await Promise.all([own.close(), other.close()])
  expect((await diagnose(machine)).wrong).toMatchObject([
    { check: "registry", status: "problem", code: "REGISTRY_UNREACHABLE" },
    { check: "registry", status: "warning", code: "REGISTRY_UNREACHABLE" },
  ])
})

test("a token that a registry gives for a login is asked for, and refused for a wrong one", async () => {
  const tokens = await runTokenServer({ users: { ann: "right" } })
  const { host } = await runRegistry({ auth: { kind: "token", tokens } })
  const machine = await Machine.create()
  await logIn(machine, { [`${host}/team`]: "ann:right" })
  expect(await machine.ok("doctor")).toContain(`${host} answers, and takes the login`)
  await logIn(machine, { [`${host}/team`]: "ann:a-bad-guess" })
  expect((await diagnose(machine)).wrong).toMatchObject([
    { check: "registry", status: "warning", code: "UNAUTHORIZED", hint: expect.stringContaining(host) },
  ])
})

test("a file of logins that cannot be read is a problem", async () => {
  const machine = await Machine.create()
  await writeFile(machine.path("docker/config.json"), "{")
  expect((await diagnose(machine)).wrong).toMatchObject([{ check: "registry", code: "CREDENTIALS_INVALID" }])
})

test("a server is asked who we are, for its version and for its clock", async () => {
  const server = await runServer()
  const machine = await Machine.create()
  await machine.ok(`context create site --server ${server.url} --token -`, {
    input: Buffer.from(server.token),
  })
  const env = { WAYBILL_CONTEXT: "site" }
  const { wrong, ok } = await diagnose(machine, env)
  expect(wrong).toMatchObject([
    {
      check: "version",
      status: "warning",
      message: expect.stringContaining("is Waybill 0.0.0, and this is"),
    },
  ])
  expect(ok.map(({ message }) => message)).toEqual(
    expect.arrayContaining([
      `${server.url} answers; you are administrator, admin of all organizations`,
      `it is that of ${server.url}`,
    ]),
  )

  await server.home.access.revokeToken(1, server.home.change())
  expect((await diagnose(machine, env)).wrong).toMatchObject([
    { check: "server", status: "problem", code: "UNAUTHORIZED" },
  ])
  await server.stop()
  expect((await diagnose(machine, env)).wrong).toMatchObject([
    { check: "server", status: "problem", code: "SERVER_UNREACHABLE" },
  ])
  expect((await diagnose(machine)).wrong).toEqual([])
})

test("contexts that cannot be read are a problem; one that is not there is a wrong command line", async () => {
  const machine = await Machine.create("acme/edge")
  const { status, stderr } = await machine.run("doctor --context nowhere")
  expect(stderr).toContain('error: there is no context "nowhere"')
  expect(status).toBe(2)
  await writeFile(machine.path("home/contexts.json"), "{")
  expect((await diagnose(machine)).wrong).toMatchObject([{ check: "context", code: "CONTEXTS_DAMAGED" }])
})
