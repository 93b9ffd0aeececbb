import { spawnSync } from "node:child_process"
import { mkdir, writeFile } from "node:fs/promises"
import { describe, expect, onTestFinished, test } from "vitest"
import { secretOf } from "../fleet/sample-device.ts"
import { Machine } from "../support/cli.ts"
import { expectFailure } from "../support/failure.ts"
import { makeCertificates } from "../support/registry/certificates.ts"
import { startServer } from "../support/registry/http-server.ts"
import { runRegistry } from "../support/running-registry.ts"
import { bringBundle, writeSample } from "../support/sample.ts"

type Case = [what: string, make: (machine: Machine) => Promise<unknown>, words: string, message: RegExp]

const nothing = async () => undefined
const compose = (text: string) => (machine: Machine) => writeFile(machine.path("compose.yml"), text)
const CREATE = "release create acme/edge -f compose.yml --version 1.2.3 --commit c0ffee0"

const CASES: Case[] = [
  [
    "a bundle that is not there",
    nothing,
    "release verify nowhere.tar",
    /^error: nowhere\.tar cannot be opened: there is nothing of that name\nhint: check the path\n$/,
  ],
  [
    "a certificate that is a folder",
    (machine) => mkdir(machine.path("folder")),
    "release create acme/edge -f compose.yml --ca-file folder",
    /^error: .*it is a folder\nhint: name a file, not a folder\n$/,
  ],
  [
    "a certificate that is none",
    (machine) => writeFile(machine.path("ca.pem"), "x"),
    "release import release.tar far/edge --cert-file ca.pem --key-file ca.pem --progress none",
    /^error: the TLS certificates cannot be used: one is no PEM, or the key belongs to another certificate\nhint: /,
  ],
  [
    "a compose file of a list",
    compose("- web\n"),
    CREATE,
    /^error: compose\.yml: the file: it should be a mapping, and is a list\n/,
  ],
  [
    "a compose file without services",
    compose("name: x\n"),
    CREATE,
    /^error: compose\.yml: it has no services\n/,
  ],
  [
    "services that are a number",
    compose("services: 3\n"),
    CREATE,
    /^error: compose\.yml: services: it should be a mapping, and is a number\n/,
  ],
  [
    "an image in a Docker engine",
    compose('services: { web: { image: "docker-daemon:acme/web:1" } }\n'),
    CREATE,
    /^error: compose\.yml: service web: "docker-daemon:acme\/web:1" is in a Docker engine, which Waybill does not ask\nhint: .*docker save -o image\.tar acme\/web:1, then docker-archive:image\.tar\n$/,
  ],
  [
    "an image in the storage of Podman",
    compose('services: { web: { image: "containers-storage:acme/web:1" } }\n'),
    CREATE,
    /^error: compose\.yml: service web: "containers-storage:acme\/web:1" is in the storage of Podman and Buildah, .*\nhint: .*podman save --format oci-archive -o image\.tar acme\/web:1, then oci-archive:image\.tar\n$/,
  ],
  [
    "contexts that are damaged",
    (machine) => writeFile(machine.path("home/contexts.json"), '{"contexts":3}', { mode: 0o600 }),
    "context list",
    /^error: .*contexts\.json is not valid: contexts: it should be an object, and is a number\nhint: mend the file/,
  ],
  [
    "an output in a folder that is not there",
    nothing,
    "release export acme/edge -o nowhere/release.tar",
    /^error: nowhere\/release\.tar cannot be written: there is no folder nowhere\nhint: make the folder first, or name another place\n$/,
  ],
  [
    "an output where the system lets nobody make a file",
    (machine) => machine.ok("release import release.tar acme/edge"),
    "release export acme/edge -o /proc/release.tar",
    process.getuid?.() === 0
      ? /^error: cannot lock \/proc\/\.release\.tar\..*: no file can be made and locked there\nhint: /
      : /^error: \/proc\/release\.tar cannot be written: this user has no permission for it\nhint: /,
  ],
  [
    "a home that is a file",
    (machine) => writeFile(machine.path("file"), ""),
    "fleet list",
    /^error: .*file cannot be a home: there is something of that name already\nhint: set WAYBILL_HOME/,
  ],
]

describe("a message says what is wrong, and repeats nothing of what Node, zod or the system say:", () => {
  test.each(CASES)("%s", async (what, make, words, message) => {
    const machine = await Machine.create("acme/edge", { slug: "far/edge", registry: "127.0.0.1:1/far" })
    await bringBundle(machine)
    await make(machine)
    const env = what === "a home that is a file" ? { WAYBILL_HOME: machine.path("file") } : {}
    expectFailure(await machine.run(words, { env }), message)
  })
})

test("a server and a registry that speak HTTPS are told from those that are away", async () => {
  const { server } = await makeCertificates()
  const secure = await startServer(async (_, response) => void response.end(), server)
  onTestFinished(() => secure.close())
  const machine = await Machine.create({ slug: "far/edge", registry: `${secure.host}/far` })
  await bringBundle(machine)
  const plain = `context create site --server http://${secure.host} --token ${secretOf("any")}`
  const says = `error: ${secure.host} speaks HTTPS, and was asked in plain HTTP`
  const created = await machine.run(plain)
  expectFailure(created, /hint: write its address as https:\/\/\n$/)
  expect(created.stderr).toContain(says)
  const imported = await machine.run("release import release.tar far/edge --plain-http --progress none")
  expectFailure(imported, /hint: leave --plain-http out\n$/)
  expect(imported.stderr).toContain(says)
})

test("a login that is missing is told from one that is wrong", async () => {
  const registry = await runRegistry({ auth: { kind: "basic", users: { carrier: "hunter2" } } })
  const machine = await Machine.create({ slug: "far/edge", registry: registry.host })
  await bringBundle(machine)
  const words = "release import release.tar far/edge --progress none"
  const missing = await machine.run(words)
  expectFailure(missing, /^hint: log in with "docker login /m)
  expect(missing.stderr).toContain(`error: ${registry.host} asks for a login, and there is none for it: `)
  const auth = Buffer.from("carrier:guess").toString("base64")
  await writeFile(
    machine.path("docker/config.json"),
    JSON.stringify({ auths: { [registry.host]: { auth } } }),
  )
  const wrong = await machine.run(words)
  expectFailure(
    wrong,
    /^hint: the password or token is wrong, or no longer good: log in with "docker login .* again$/m,
  )
  expect(wrong.stderr).toContain(
    `error: ${registry.host} does not take the login that is there for it (user carrier): `,
  )
  expect(wrong.stderr).not.toContain("guess")
  await writeFile(machine.path("docker/config.json"), '{"auths":{"x":3}}')
  expectFailure(
    await machine.run(words),
    /^error: the credential file .*config\.json cannot be used: it is not valid: auths\.x: it should be an object, and is a number\nhint: /,
  )
})

const canMount = spawnSync("unshare", ["--mount", "mount", "--bind", "/", "/"]).status === 0

describe.runIf(canMount)("where the file system is mounted read-only", () => {
  /** Runs a command with a folder mounted so. */
  async function withReadOnly(machine: Machine, folder: string, words: string) {
    const mount = `mount --bind ${folder} ${folder} && mount -o remount,bind,ro ${folder}`
    return machine.shell(`unshare --mount sh -c '${mount} && exec "$NODE" "$MAIN" ${words}'`)
  }

  test("a home there is said to be there, by what reads as well as by what writes", async () => {
    const machine = await Machine.create("acme/edge")
    for (const words of ["fleet list", "fleet create acme/dock", "context use home"]) {
      expectFailure(
        await withReadOnly(machine, "home", words),
        /^error: .*home cannot be a home: it is on a file system that is mounted read-only\nhint: mount it so/,
      )
    }
  })

  test("an output there is refused before anything is fetched", async () => {
    const machine = await Machine.create("acme/edge")
    await writeSample(machine)
    await machine.ok("release create acme/edge -f application/compose.yml --version 1.2.3")
    await mkdir(machine.path("out"))
    expectFailure(
      await withReadOnly(machine, "out", "release export acme/edge -o out/x.tar"),
      /^error: out\/x\.tar cannot be written: the file system is read-only\nhint: name another place\n$/,
    )
  })
})
