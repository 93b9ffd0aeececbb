import { stat } from "node:fs/promises"
import { expect, test } from "vitest"
import { connect } from "../../src/client/connect.ts"
import { rawVersion } from "../../src/fleet/version.ts"
import { systemClock } from "../../src/system-clock.ts"
import { uuidOf } from "../fleet/sample-device.ts"
import { descriptorOf, sampleRelease } from "../fleet/sample-release.ts"
import { Machine } from "../support/cli.ts"
import { serve, serveAgain } from "../support/served.ts"

const change = { now: new Date(), actor: "tester" }

test("the first start prints a token once; a stop by SIGTERM is a success", async () => {
  const machine = await Machine.create()
  const first = await serve(machine)
  first.process.kill("SIGTERM")
  expect(await first.outcome).toMatchObject({ status: 0, stdout: `${first.token}\n` })
  const second = await serveAgain(machine)
  second.process.kill("SIGINT")
  expect(await second.outcome).toMatchObject({ status: 0, stdout: "" })
})

test.each([
  ["--listen 0.0.0.0:0", 1, /there is no certificate\nhint: give --tls-cert and --tls-key/],
  ["--listen nowhere", 2, /"nowhere" is not an address to listen at/],
  ["--listen 127.0.0.1:99999", 2, /is not an address/],
  ["--tls-cert cert.pem", 2, /a certificate goes with its key/],
  ["--tls-cert none.pem --tls-key none.pem", 1, /none\.pem/],
  [
    "--database mysql://a:hunter2@b/c",
    1,
    /not the URL of a PostgreSQL database\nhint: write it as postgres:\/\/host:port/,
  ],
  ["--database postgres://a:hunter2@127.0.0.1:1/c", 1, /127\.0\.0\.1:1\/c cannot be reached/],
] as const)("serve %s ends with %i and says why", async (words, status, reason) => {
  const machine = await Machine.create()
  const outcome = await machine.run(`serve ${words}`)
  expect(outcome).toMatchObject({ status, stderr: expect.stringMatching(reason) })
  expect(outcome.stderr).not.toContain("hunter2")
})

const TOKEN = `wbt_${"x".repeat(43)}`

test.each([
  ["fleet list --context nowhere", 2, /there is no context "nowhere"\nhint: the contexts are: home;/],
  [`context create home --server https://x --token ${TOKEN}`, 2, /home is the folder on this machine/],
  [`context create a/b --server https://x --token ${TOKEN}`, 2, /cannot be the name/],
  [`context create a --server http://192.0.2.1 --token ${TOKEN}`, 1, /would get the token in the clear/],
  [`context create a --server ftp://x --token ${TOKEN}`, 1, /not the address of a server/],
  [
    `context create a --server http://127.0.0.1:1 --token ${TOKEN} --wait 0s`,
    1,
    /cannot connect to 127\.0\.0\.1:1/,
  ],
  ["context use nowhere", 2, /there is no context "nowhere"/],
  ["context rm home", 2, /always there/],
] as const)("%s ends with %i, and nothing is kept", async (words, status, reason) => {
  const machine = await Machine.create()
  expect(await machine.run(words)).toMatchObject({ status, stderr: expect.stringMatching(reason) })
  await expect(stat(machine.path("home/contexts.json"))).rejects.toMatchObject({ code: "ENOENT" })
})

test("a device polls, runs and reports with its own key, and sees nothing else", async () => {
  const far = await Machine.create({ slug: "acme/edge", registry: "registry.example/prod" })
  const { url, token } = await serve(far)
  const site = await connect({ url, token, clock: systemClock })
  const { release } = await site.fleets.recordRelease("acme/edge", sampleRelease("a"), change)
  await site.close()
  const { uuid, key } = await far.json<{ uuid: string; key: string }>("device register acme/edge")
  const device = await Machine.create()
  await device.ok(`context create fleet --server ${url} --token ${key}`)
  await device.ok("context use fleet")
  expect(await device.ok(`device target ${uuid} --format compose`)).toContain(
    `image: registry.example/prod/acme/edge@${descriptorOf("web").digest}`,
  )
  expect(await device.ok(`device report ${uuid} ${release.commit}`)).toContain(`runs ${rawVersion(release)}`)
  for (const words of ["device list", "fleet show acme/edge", `device show ${uuid}`]) {
    expect(await device.run(words)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("device's key"),
    })
  }
  expect(await device.run(`device target ${uuidOf(1)}`)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(`there is no device ${uuidOf(1)}`),
  })
})

test("tokens are made, listed and revoked, on the server's home as well", async () => {
  const far = await Machine.create("acme/edge")
  const { url } = await serve(far)
  const made = await far.ok("token create rescue --organization acme --role admin")
  const secret = /^wbt_\S+$/m.exec(made)?.[0] ?? ""
  const machine = await Machine.create()
  await machine.ok(`context create site --server ${url} --token ${secret}`)
  await machine.ok("context use site")
  expect(await machine.ok("token list --organization acme")).toMatch(/2\s+rescue\s+admin\s+acme/)
  const other = await machine.json<{ id: number }>("token create ci --organization acme --role viewer")
  await machine.ok(`token revoke ${other.id}`)
  expect(await machine.run("token revoke 1")).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("there is no token"),
  })
  expect(await machine.run("token create x --role god")).toMatchObject({ status: 2 })
})

test("an administrator of one organization is told that another needs another token", async () => {
  const far = await Machine.create("acme/edge", "other/edge")
  const { url } = await serve(far)
  const { secret } = await far.json<{ secret: string }>("token create ann --organization acme --role admin")
  const machine = await Machine.create()
  await machine.ok(`context create site --server ${url} --token ${secret}`)
  const hint = "hint: this token is good for acme alone: name that, or use a token of all organizations\n"
  const cases = [
    ["fleet create none/edge", "there is no organization none"],
    ["fleet create other/mine", "there is no organization other"],
    ["token create ci --role viewer --organization other", "there is no organization other"],
    ["token create ci --role viewer", "this token may not administer in all organizations"],
  ]
  for (const [words, message] of cases) {
    const { status, stderr } = await machine.run(`${words} --context site`)
    expect(stderr).toContain(`${message}\n${hint}`)
    expect(status).toBe(1)
  }
})
