import { writeFile } from "node:fs/promises"
import { expect, onTestFinished, test } from "vitest"
import { Machine } from "../support/cli.ts"
import { startServer } from "../support/registry/http-server.ts"
import { runRegistry, runTokenServer } from "../support/running-registry.ts"
import { bringBundle } from "../support/sample.ts"

const PASSWORD = "hunter2-is-secret"
const BASIC = Buffer.from(`carrier:${PASSWORD}`).toString("base64")

async function makeMachine(registry: string): Promise<Machine> {
  const machine = await Machine.create({ slug: "site/edge", registry })
  await bringBundle(machine)
  const auths = { [registry]: { auth: BASIC } }
  await writeFile(machine.path("docker/config.json"), JSON.stringify({ auths }))
  return machine
}

/** Runs a command line with everything that makes it talk, and returns all that it said. */
async function everythingSaid(machine: Machine, words: string[], env: Record<string, string> = {}) {
  const { stdout, stderr } = await machine.run([...words, "--debug", "--json"], { env })
  const said = stdout + stderr
  expect(said).not.toContain(PASSWORD)
  expect(said).not.toContain(BASIC)
  return said
}

const IMPORT = ["release", "import", "release.tar", "site/edge"]

test("a password in a URL is not repeated, wherever the URL stands", async () => {
  const machine = await Machine.create("acme/edge")
  const url = `https://carrier:${PASSWORD}@127.0.0.1:1/acme/web`
  for (const image of [url, `docker://carrier:${PASSWORD}@127.0.0.1:1/acme/web`]) {
    await writeFile(machine.path("compose.yml"), JSON.stringify({ services: { web: { image } } }))
    const said = await everythingSaid(machine, ["release", "create", "acme/edge", "-f", "compose.yml"])
    expect(said).toContain("error")
  }
  expect(await everythingSaid(machine, ["fleet", "create", "acme/other", "--registry", url])).toContain(
    "error",
  )
  expect(await machine.json("release list acme/edge")).toEqual([])
})

test("a password of a proxy is not repeated", async () => {
  const machine = await makeMachine("registry.invalid")
  const said = await everythingSaid(machine, IMPORT, {
    HTTPS_PROXY: `http://carrier:${PASSWORD}@127.0.0.1:1`,
  })
  expect(said).toContain("error")
})

test("a password that is used is not repeated, whether it is right or wrong", async () => {
  const users = { carrier: PASSWORD }
  const others = { carrier: "another" }
  for (const auth of [
    { kind: "basic", users } as const,
    { kind: "basic", users: others } as const,
    { kind: "token", tokens: await runTokenServer({ users }) } as const,
    { kind: "token", tokens: await runTokenServer({ users: others }) } as const,
  ]) {
    const registry = await runRegistry({ auth })
    const said = await everythingSaid(await makeMachine(registry.host), IMPORT)
    const tokens = registry.log.flatMap(({ authorization }) => authorization?.split(" ")[1] ?? [])
    for (const token of tokens) expect(said).not.toContain(token)
    expect(said).toContain(auth.kind === "basic" && auth.users === users ? '"wasThere"' : "")
  }
})

test("a registry that answers with what it was sent makes nobody repeat it", async () => {
  const server = await startServer(async (request, response) => {
    for await (const _ of request);
    const { authorization } = request.headers
    if (authorization === undefined) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="echo"' }).end()
      return
    }
    const message = `no access with Authorization: ${authorization} at https://carrier:${PASSWORD}@far/v2/`
    response.writeHead(403, { "content-type": "application/json" })
    response.end(JSON.stringify({ errors: [{ code: "DENIED", message }] }))
  })
  onTestFinished(() => server.close())
  const machine = await makeMachine(server.host)
  const services = { web: { image: `${server.host}/acme/web:1` } }
  await writeFile(machine.path("compose.yml"), JSON.stringify({ services }))
  const said = await everythingSaid(machine, ["release", "create", "site/edge", "-f", "compose.yml"])
  expect(said).toContain("no access with")
  await everythingSaid(machine, ["release", "show", "site/edge"])
  await everythingSaid(machine, ["release", "list", "site/edge"])
})
