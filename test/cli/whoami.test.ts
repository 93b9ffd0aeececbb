import { existsSync } from "node:fs"
import { expect, test } from "vitest"
import { Machine } from "../support/cli.ts"
import { serve } from "../support/served.ts"

test("without a server, who works and where is told, and nothing is made for it", async () => {
  const machine = await Machine.create()
  const told = await machine.ok("whoami")
  expect(told).toMatch(/^context +home: no server, the home on this machine$/m)
  expect(told).toContain(machine.path("home"))
  expect(told).toMatch(/^user +\S+@\S+, as the history of fleets names you$/m)
  expect(await machine.json("whoami")).toMatchObject({
    context: "home",
    server: null,
    home: machine.path("home"),
    user: expect.stringMatching(/^\S+@\S+$/),
  })
  expect(existsSync(machine.path("home"))).toBe(false)
})

test("of a server, the token's name, role and organization are told, and that it does not expire", async () => {
  const far = await Machine.create("acme/edge")
  const { url, token } = await serve(far)
  const machine = await Machine.create()
  await machine.ok(`context create site --server ${url} --token ${token}`)
  await machine.ok("context use site")
  const secret = await machine.ok("token create ci --organization acme --role deployer --quiet")
  await machine.ok(`context create ci --server ${url} --token ${secret.trim()}`)
  expect(await machine.ok("whoami --context ci")).toBe(
    [
      "context       ci",
      `server        ${url}`,
      "token         ci (2)",
      "role          deployer",
      "organization  acme",
      "expires       never: it is good until it is revoked",
      "",
    ].join("\n"),
  )
  expect(await machine.ok("whoami")).toMatch(
    /^context +site\n.*\ntoken +administrator \(1\)\nrole +admin\norganization +all\n/,
  )
  expect(await machine.ok("whoami", { env: { WAYBILL_CONTEXT: "ci" } })).toMatch(/^context +ci$/m)
  expect(await machine.json("whoami --context ci")).toMatchObject({
    context: "ci",
    server: url,
    principal: { kind: "token", token: { name: "ci", role: "deployer", organization: "acme" } },
  })
})

test("of a device's key, what little it reaches is told", async () => {
  const far = await Machine.create("acme/edge")
  const { url } = await serve(far)
  const { uuid, key } = await far.json<{ uuid: string; key: string }>("device register acme/edge")
  const machine = await Machine.create()
  await machine.ok(`context create own --server ${url} --token ${key}`)
  const told = await machine.ok("whoami --context own")
  expect(told).toContain(uuid)
  expect(told).toMatch(/^role +none: a device's key reaches its own target and report alone$/m)
})
