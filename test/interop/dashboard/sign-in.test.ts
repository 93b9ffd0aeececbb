import { randomBytes } from "node:crypto"
import { expect, test } from "vitest"
import { newTokenSecret } from "../../../src/fleet/secret.ts"
import { accessibilityFaults, openPage, runDashboard, signedIn, useBrowser } from "../../support/dashboard.ts"

useBrowser()

test("signs in with a token, and comes back to where one wanted to go", async () => {
  const server = await runDashboard()
  const page = await openPage(server)
  await page.goto("/devices?search=press")
  await page.getByLabel("Token").fill("wbt_0000000000000000000000000000000000000000000")
  await page.getByRole("button", { name: "Sign in" }).click()
  await expect.poll(() => page.getByRole("alert").textContent()).toContain("wrong, or was revoked")
  expect(await accessibilityFaults(page)).toEqual([])
  await page.getByLabel("Token").fill(server.token)
  await page.getByRole("button", { name: "Sign in" }).click()
  await page.waitForURL("**/devices?search=press")
})

test("signs in by a link once, and leaves no code in the address", async () => {
  const server = await runDashboard()
  const code = await codeOf(server)
  const page = await openPage(server)
  await page.goto(`/sign-in#code=${code}`)
  await page.waitForURL("**/fleets")
  const other = await openPage(server)
  await other.goto(`/sign-in#code=${code}`)
  await expect.poll(() => other.getByRole("alert").textContent()).toContain("You are not signed in")
  expect(other.url()).toBe(`${server.url}/sign-in`)
})

test("signs out, and the page behind the back button asks for a token again", async () => {
  const server = await runDashboard()
  const page = await signedIn(server)
  await page.goto("/fleets")
  await page.getByRole("button", { name: "Your account" }).click()
  await page.getByRole("menuitem", { name: "Sign out", exact: true }).click()
  await page.waitForURL("**/sign-in")
  await page.goBack()
  await page.waitForURL("**/sign-in?next=*")
  await page.getByLabel("Token").waitFor()
})

test("a token that is revoked ends what is signed in with it", async () => {
  const server = await runDashboard()
  const secret = newTokenSecret(randomBytes)
  const token = { name: "shift", organization: null, role: "viewer", secret } as const
  const { id } = await server.home.access.createToken(token, server.home.change())
  const page = await signedIn(server, { token: secret })
  await page.goto("/fleets")
  await page.getByRole("button", { name: "Your account" }).waitFor()
  await server.home.access.revokeToken(id, server.home.change())
  await page.reload()
  await page.waitForURL("**/sign-in?next=*")
  await page.getByLabel("Token").waitFor()
})

test("nobody else may frame the page, nothing of another host is loaded, and no script stands in the page itself", async () => {
  const server = await runDashboard()
  const { headers } = await fetch(`${server.url}/fleets/acme/edge`)
  expect(headers.get("x-frame-options")).toBe("DENY")
  expect(headers.get("cache-control")).toBe("no-store")
  const policy = headers.get("content-security-policy") ?? ""
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self';")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toContain("unsafe")
})

async function codeOf({ url, token }: { url: string; token: string }): Promise<string> {
  const answer = await fetch(`${url}/api/v1/sign-in-codes`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  })
  expect(answer.status).toBe(201)
  const { code } = (await answer.json()) as { code: string }
  return code
}
