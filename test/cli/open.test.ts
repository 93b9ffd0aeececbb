import { chmod, readFile, writeFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { signIn } from "../support/browser.ts"
import { Machine } from "../support/cli.ts"
import { serve, serveAgain } from "../support/served.ts"

const LINK = /(http:\/\/127\.0\.0\.1:\d+)\/sign-in#code=(wbc_[\w-]{43})/

/** What a link leads to. */
async function follow(link: string) {
  const [, url = "", code = ""] = LINK.exec(link) ?? []
  const { answer } = await signIn(url, { code })
  return { status: answer.status, session: (await answer.json()) as object }
}

test("the first start prints a link that signs a browser in once, and no other start does", async () => {
  const machine = await Machine.create()
  const server = machine.start("serve --listen 127.0.0.1:0")
  let printed = ""
  const link = await new Promise<string>((resolve) => {
    server.process.stderr?.on("data", (chunk: Buffer) => {
      printed += chunk.toString()
      const [found] = LINK.exec(printed) ?? []
      if (found !== undefined && printed.endsWith("\n")) resolve(found)
    })
  })
  expect(printed).toMatch(
    /^the administrator's token.*\nlistening on (\S+)\nsign in with a browser, once and within 5 minutes: \1\/sign-in#code=/m,
  )
  expect(await follow(link)).toMatchObject({
    status: 200,
    session: { principal: { token: { name: "administrator" } } },
  })
  expect((await follow(link)).status).toBe(401)
  server.process.kill("SIGTERM")
  await server.outcome
  const again = await serveAgain(machine)
  again.process.kill("SIGTERM")
  expect((await again.outcome).stderr).not.toContain("sign-in")
})

test("open prints a link for the context, and opens it in the browser that the user has", async () => {
  const far = await Machine.create()
  const { url, token } = await serve(far)
  const machine = await Machine.create()
  await machine.ok(`context create site --server ${url} --token ${token}`)
  const browser = machine.path("browser")
  await writeFile(
    browser,
    `#!/bin/sh\nprintf '%s\\n' "$@" > ${machine.path("opened.new")}\nmv ${machine.path("opened.new")} ${machine.path("opened")}\n`,
  )
  await chmod(browser, 0o755)
  const opened = await machine.run("open --context site", { env: { BROWSER: `${browser} --new-tab` } })
  expect(opened).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(new RegExp(`^${url}/sign-in#code=wbc_[\\w-]{43}\\n$`)),
    stderr: "opened in the browser: it signs in once, within 5 minutes\n",
  })
  let seen = ""
  while (seen === "") seen = await readFile(machine.path("opened"), "utf8").catch(() => "")
  expect(seen).toBe(`--new-tab\n${opened.stdout}`)
  expect(await follow(opened.stdout)).toMatchObject({
    status: 200,
    session: { principal: { token: { name: "administrator" } } },
  })
  expect((await follow(opened.stdout)).status).toBe(401)
})

test("open only prints where it is told so, where there is no browser, and as JSON", async () => {
  const far = await Machine.create()
  const { url, token } = await serve(far)
  const machine = await Machine.create()
  await machine.ok(`context create site --server ${url} --token ${token}`)
  const said = "open this in a browser: it signs in once, within 5 minutes\n"
  const failing = { env: { BROWSER: "/none/browser" } }
  expect(await machine.run("open --context site --no-browser", { env: { BROWSER: "false" } })).toMatchObject({
    status: 0,
    stderr: said,
  })
  expect(await machine.run("open --context site", failing)).toMatchObject({ status: 0, stderr: said })
  expect(await machine.run("open --context site")).toMatchObject({ status: 0, stderr: said })
  expect(await machine.json("open --context site", failing)).toEqual({
    link: expect.stringMatching(LINK),
    expiresAt: expect.stringMatching(/Z$/),
  })
})

test("open says what to run for a home that nobody serves, and that a device cannot sign in", async () => {
  const far = await Machine.create("acme/edge")
  const { url } = await serve(far)
  expect(await far.run("open")).toMatchObject({
    status: 1,
    stdout: "",
    stderr: expect.stringMatching(/^error: this works in the home on this machine.*\nhint: `waybill serve`/),
  })
  const { key } = await far.json<{ key: string }>("device register acme/edge")
  await far.ok(`context create own --server ${url} --token ${key}`)
  expect(await far.run("open --context own")).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("a device's key reaches the device's own target and report alone"),
  })
})
