import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { type CredentialSources, loadCredentials } from "../../src/registry/load-credentials.ts"

const encoded = (text: string) => Buffer.from(text).toString("base64")
const auth = (user: string, password: string) => ({ auth: encoded(`${user}:${password}`) })

let home = ""

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "waybill-credentials-"))
})

afterEach(() => rm(home, { recursive: true }))

async function write(path: string, content: unknown, mode = 0o644): Promise<string> {
  const file = join(home, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content))
  await chmod(file, mode)
  return file
}

/** A credential helper: a shell script on the `PATH`. */
function writeHelper(name: string, script: string) {
  return write(`bin/docker-credential-${name}`, `#!/bin/sh\n${script}\n`, 0o755)
}

function lookup(registry: string, repository: string, sources: CredentialSources = {}) {
  const environment = { PATH: `${join(home, "bin")}:/usr/bin:/bin` }
  return loadCredentials({ home, helperEnvironment: environment, ...sources }).lookup(registry, repository)
}

describe("what docker login leaves", () => {
  test.each([
    ["registry.example", "registry.example"],
    ["https://registry.example", "registry.example"],
    ["https://registry.example/v1/", "registry.example"],
    ["http://registry.example/v2/", "registry.example"],
    ["registry.example/v1/", "registry.example"],
    ["registry.example:5000", "registry.example:5000"],
    ["https://index.docker.io/v1/", "docker.io"],
    ["docker.io", "docker.io"],
    ["registry-1.docker.io", "docker.io"],
  ])("is found under the key %s", async (key, registry) => {
    await write(".docker/config.json", { auths: { [key]: auth("ada", "se:cret") } })
    expect(await lookup(registry, "acme/edge")).toEqual({ username: "ada", password: "se:cret" })
    expect(await lookup("other.example", "acme/edge")).toBeUndefined()
    expect(await lookup("registry.example:5001", "acme/edge")).toBeUndefined()
  })

  test("is an identity token, or a plain user and password", async () => {
    await write(".docker/config.json", {
      auths: {
        "a.example": { auth: encoded("00000000-0000-0000-0000-000000000000:"), identitytoken: "refresh" },
        "b.example": { username: "bob", password: "secret" },
        "c.example": {},
      },
    })
    expect(await lookup("a.example", "x")).toEqual({ identityToken: "refresh" })
    expect(await lookup("b.example", "x")).toEqual({ username: "bob", password: "secret" })
    expect(await lookup("c.example", "x")).toBeUndefined()
  })

  test("is read from the folder that DOCKER_CONFIG names", async () => {
    await write(".docker/config.json", { auths: { "a.example": auth("home", "x") } })
    await write("elsewhere/config.json", { auths: { "a.example": auth("elsewhere", "x") } })
    const dockerConfig = join(home, "elsewhere")
    expect(await lookup("a.example", "x", { dockerConfig })).toMatchObject({ username: "elsewhere" })
    expect(await lookup("a.example", "x")).toMatchObject({ username: "home" })
  })
})

describe("what podman login leaves", () => {
  test("may be for a part of a registry; the longest part wins", async () => {
    await write("run/containers/auth.json", {
      auths: {
        "a.example": auth("all", "x"),
        "a.example/acme": auth("acme", "x"),
        "a.example/acme/edge": auth("edge", "x"),
        "docker.io/acme": auth("hub", "x"),
      },
    })
    const find = (registry: string, repository: string) =>
      lookup(registry, repository, { xdgRuntimeDir: join(home, "run") })
    expect(await find("a.example", "acme/edge")).toMatchObject({ username: "edge" })
    expect(await find("a.example", "acme/edge/arm")).toMatchObject({ username: "edge" })
    expect(await find("a.example", "acme/edgy")).toMatchObject({ username: "acme" })
    expect(await find("a.example", "other")).toMatchObject({ username: "all" })
    expect(await find("docker.io", "acme/edge")).toMatchObject({ username: "hub" })
    expect(await find("docker.io", "library/busybox")).toBeUndefined()
  })

  test("comes before Docker's, which is asked for what Podman does not know", async () => {
    await write("run/containers/auth.json", { auths: { "a.example": auth("podman", "x") } })
    await write(".docker/config.json", {
      auths: { "a.example": auth("docker", "x"), "b.example": auth("b", "x") },
    })
    const sources = { xdgRuntimeDir: join(home, "run") }
    expect(await lookup("a.example", "x", sources)).toMatchObject({ username: "podman" })
    expect(await lookup("b.example", "x", sources)).toMatchObject({ username: "b" })
  })

  test("is read from the one file that REGISTRY_AUTH_FILE names", async () => {
    const registryAuthFile = await write("auth.json", { auths: { "a.example": auth("named", "x") } })
    await write(".docker/config.json", { auths: { "b.example": auth("docker", "x") } })
    expect(await lookup("a.example", "x", { registryAuthFile })).toMatchObject({ username: "named" })
    expect(await lookup("b.example", "x", { registryAuthFile })).toBeUndefined()
    await expect(lookup("a.example", "x", { registryAuthFile: join(home, "none") })).rejects.toMatchObject({
      code: "CREDENTIALS_INVALID",
      message: expect.stringContaining("REGISTRY_AUTH_FILE"),
    })
  })
})

describe("a credential helper", () => {
  test("is asked for the registry, by name on its standard input", async () => {
    await writeHelper("test", 'read server; echo "{\\"Username\\":\\"$1 $server\\",\\"Secret\\":\\"s\\"}"')
    await write(".docker/config.json", { credsStore: "test", credHelpers: { "b.example": "test" } })
    expect(await lookup("a.example", "x")).toEqual({ username: "get a.example", password: "s" })
    expect(await lookup("b.example", "x")).toEqual({ username: "get b.example", password: "s" })
    expect(await lookup("docker.io", "library/x")).toMatchObject({
      username: "get https://index.docker.io/v1/",
    })
  })

  test("of one registry comes before the store of all, and both before the file", async () => {
    await writeHelper("one", 'echo "{\\"Username\\":\\"one\\",\\"Secret\\":\\"s\\"}"')
    await writeHelper("all", 'echo "{\\"Username\\":\\"all\\",\\"Secret\\":\\"s\\"}"')
    await write(".docker/config.json", {
      credsStore: "all",
      credHelpers: { "a.example": "one" },
      auths: { "a.example": auth("file", "x"), "b.example": auth("file", "x") },
    })
    expect(await lookup("a.example", "x")).toMatchObject({ username: "one" })
    expect(await lookup("b.example", "x")).toMatchObject({ username: "all" })
  })

  test("may know nothing, and then the file may", async () => {
    await writeHelper("empty", "echo 'credentials not found in native keychain'; exit 1")
    await write(".docker/config.json", { credsStore: "empty", auths: { "a.example": auth("file", "x") } })
    expect(await lookup("a.example", "x")).toMatchObject({ username: "file" })
    expect(await lookup("b.example", "x")).toBeUndefined()
  })

  test("may give an identity token", async () => {
    await writeHelper("token", 'echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"refresh\\"}"')
    await write(".docker/config.json", { credsStore: "token" })
    expect(await lookup("a.example", "x")).toEqual({ identityToken: "refresh" })
  })

  test("sees the environment that it was given, and no other", async () => {
    await writeHelper("env", 'echo "{\\"Username\\":\\"$HOME|$MARK\\",\\"Secret\\":\\"s\\"}"')
    await write(".docker/config.json", { credsStore: "env" })
    const helperEnvironment = { PATH: `${join(home, "bin")}:/usr/bin:/bin`, MARK: "given" }
    expect(await lookup("a.example", "x", { helperEnvironment })).toMatchObject({ username: "|given" })
  })

  test.each([
    ["fails", "echo hunter2; echo hunter2 >&2; exit 3", "fails for a.example"],
    ["is killed", "kill -9 $$", "fails for a.example"],
    ["prints no JSON", "echo hunter2", "does not answer with a credential"],
    ["prints something else", 'echo "{\\"Secret\\":\\"hunter2\\"}"', "does not answer with a credential"],
    ["prints without end", "while :; do echo hunter2hunter2hunter2; done", "docker-credential-bad"],
    ["hangs in a program of its own", "sleep 20", "does not answer within"],
    ["hangs and will not be stopped", "trap '' TERM; while :; do :; done", "does not answer within"],
  ])("that %s is named, and what it printed is not shown", async (_, script, said) => {
    await writeHelper("bad", script)
    await write(".docker/config.json", { credsStore: "bad" })
    const failure = await lookup("a.example", "x", { helperTimeout: 700 }).catch((error: Error) => error)
    expect(failure).toMatchObject({
      code: "CREDENTIAL_HELPER_FAILED",
      message: expect.stringContaining(said),
    })
    expect(JSON.stringify(failure) + String(failure)).not.toContain("hunter2")
  })

  test("that is missing is named", async () => {
    await write(".docker/config.json", { credsStore: "missing" })
    await expect(lookup("a.example", "x")).rejects.toMatchObject({
      code: "CREDENTIAL_HELPER_FAILED",
      message: "docker-credential-missing is not installed",
    })
  })

  test.each(["../bin/evil", "a/b", "", " ", "-x", "a\u0000b"])(
    'is not started by the name "%s"',
    async (name) => {
      await writeHelper("x/../../evil", "echo {}").catch(() => undefined)
      await write(".docker/config.json", { credHelpers: { "a.example": name } })
      await expect(lookup("a.example", "x")).rejects.toMatchObject({ code: "CREDENTIAL_HELPER_FAILED" })
    },
  )
})

describe("a credential file that cannot be used", () => {
  test.each([
    ["is no JSON", '{"auths": hunter2'],
    ["is of another shape", { auths: { "a.example": { auth: { hunter2: 1 } } } }],
    ["is a list", ["hunter2"]],
    ["holds no user and password", { auths: { "a.example": { auth: encoded("hunter2") } } }],
  ])("because it %s is named, without what it holds", async (_, text) => {
    const path = await write(".docker/config.json", text)
    const failure = await lookup("a.example", "x").catch((error: Error) => error)
    expect(failure).toMatchObject({ code: "CREDENTIALS_INVALID", message: expect.stringContaining(path) })
    expect(JSON.stringify(failure) + String(failure)).not.toContain("hunter2")
  })

  test("because it is a folder is named", async () => {
    await mkdir(join(home, ".docker/config.json"), { recursive: true })
    await expect(lookup("a.example", "x")).rejects.toMatchObject({ code: "CREDENTIALS_INVALID" })
  })

  test("is no hindrance where it is empty or not there", async () => {
    expect(await lookup("a.example", "x")).toBeUndefined()
    await write(".docker/config.json", "")
    expect(await lookup("a.example", "x")).toBeUndefined()
    expect(await loadCredentials({}).lookup("a.example", "x")).toBeUndefined()
  })
})
