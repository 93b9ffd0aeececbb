import { expect, test } from "vitest"
import { accessibilityFaults, runDashboard, signedIn, useBrowser } from "../../support/dashboard.ts"
import { FLEET, runStory, secretOf } from "./story.ts"

useBrowser()

test("a new server says what to type, and makes the first fleet", async () => {
  const server = await runDashboard()
  const page = await signedIn(server)
  await page.goto("/")
  await page.getByText("There is no fleet yet.").waitFor()
  await page.getByText("waybill fleet create acme/edge").waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  await page.getByRole("button", { name: "Create fleet" }).click()
  await page.getByLabel("Name").fill("acme")
  await page.getByRole("button", { name: "Create", exact: true }).click()
  await page.getByRole("alert").getByText("organization/name").waitFor()
  expect(await page.getByLabel("Name").inputValue()).toBe("acme")
  await page.getByLabel("Name").fill("acme/edge")
  await page.getByRole("button", { name: "Create", exact: true }).click()
  await page.waitForURL("**/fleets/acme/edge")
  await page.getByRole("heading", { name: "edge", level: 1 }).waitFor()
})

test("fleets are searched from anywhere by the key /, and the address has the search", async () => {
  const server = await runStory()
  await server.home.fleets.createFleet({ slug: "acme/press", class: "app" }, server.home.change())
  const page = await signedIn(server)
  await page.goto("/tokens")
  await page.getByRole("heading", { name: "Tokens" }).waitFor()
  await page.keyboard.press("/")
  await page.keyboard.type("press")
  await page.keyboard.press("Enter")
  await page.waitForURL("**/fleets?search=press")
  await page.getByRole("link", { name: "acme/press" }).waitFor()
  expect(await page.getByRole("link", { name: "acme/edge" }).count()).toBe(0)
  await page.getByLabel("Class").selectOption("fleet")
  await page.getByText("Nothing matches").waitFor()
  await page.goBack()
  await page.getByRole("link", { name: "acme/press" }).waitFor()
})

test("a part of the rollout leads to its devices", async () => {
  const page = await signedIn(await runStory())
  await page.goto(`/fleets/${FLEET}`)
  await page.getByRole("link", { name: "3 silent" }).click()
  await page.waitForURL("**/devices?rollout=silent")
})

test("a change of somebody else appears by itself, and the page says when it is not live", async () => {
  const server = await runStory()
  const [one, other] = [await signedIn(server), await signedIn(server)]
  await one.goto(`/fleets/${FLEET}`)
  await one.getByText("live", { exact: true }).waitFor()
  await other.goto(`/fleets/${FLEET}/settings`)
  await other.getByRole("switch", { name: "Public" }).waitFor()
  await other.getByRole("button", { name: "Pin to release" }).click()
  await other.getByRole("radio", { name: /^1\.2\.2/ }).click()
  await other.getByRole("button", { name: "Pin", exact: true }).click()
  await one.getByRole("region", { name: "Releases" }).getByText("Pinned").waitFor()
  await server.stop()
  await one.getByText("not live", { exact: true }).waitFor()
  await one.getByRole("region", { name: "Releases" }).getByText("Pinned").waitFor()
})

test("a fleet is removed by whoever types its name", async () => {
  const server = await runStory()
  const page = await signedIn(server)
  await page.goto(`/fleets/${FLEET}/settings`)
  await page.getByRole("button", { name: "Remove this fleet" }).click()
  const dialog = page.getByRole("dialog")
  await dialog.getByText("It has 3 devices now.").waitFor()
  expect(await dialog.getByRole("button", { name: "Remove", exact: true }).isDisabled()).toBe(true)
  await dialog.getByLabel(`Type ${FLEET}`).fill(FLEET)
  await dialog.getByRole("button", { name: "Remove", exact: true }).click()
  await dialog.getByRole("alert").waitFor()
  await dialog.getByLabel("Remove its releases with it").click()
  await dialog.getByLabel(/Remove its devices with it/).click()
  await dialog.getByRole("button", { name: "Remove", exact: true }).click()
  await page.waitForURL("**/fleets")
  await expect(server.home.fleets.getFleet(FLEET)).rejects.toMatchObject({ code: "FLEET_NOT_FOUND" })
})

test("a token is made, shown once, and revoked", async () => {
  const server = await runStory()
  const page = await signedIn(server)
  await page.goto("/tokens")
  await page.getByRole("button", { name: "Create token" }).click()
  await page.getByLabel("Name").fill("night shift")
  await page.getByLabel("Organization").fill("acme")
  await page.getByRole("button", { name: "Create", exact: true }).click()
  const secret = await page.getByRole("dialog").getByText(/^wbt_/).innerText()
  expect(await accessibilityFaults(page)).toEqual([])
  const other = await signedIn(server, { token: secret })
  await other.goto(`/fleets/${FLEET}`)
  await other.getByRole("heading", { name: "edge", level: 1 }).waitFor()
  await page.getByRole("button", { name: "I have it" }).click()
  await page.getByRole("button", { name: "Revoke night shift" }).click()
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click()
  await page.getByText("Revoked night shift").waitFor()
  await other.waitForURL("**/sign-in?next=*")
  await other.getByLabel("Token").waitFor()
})

test("who may only view is not shown tokens, nor offered to make a fleet", async () => {
  const server = await runStory()
  const page = await signedIn(server, { token: await secretOf(server, "viewer") })
  await page.goto("/fleets")
  await page.getByRole("link", { name: FLEET }).waitFor()
  expect(await page.getByRole("button", { name: "Create fleet" }).count()).toBe(0)
  expect(await page.getByRole("link", { name: "Tokens" }).count()).toBe(0)
  await page.goto("/tokens")
  await page.getByText("with the role admin").waitFor()
})

test("what is not there is said, with the way back", async () => {
  const page = await signedIn(await runStory())
  await page.goto("/fleets/acme/nothing")
  await page.getByRole("heading", { name: "It is not there" }).waitFor()
  await page.getByRole("link", { name: "All fleets" }).click()
  await page.waitForURL("**/fleets")
  await page.goto("/no/such/page")
  await page.getByRole("heading", { name: "No such page" }).waitFor()
})

test.for([
  { path: "/fleets", scheme: "light", width: 1280 },
  { path: "/fleets", scheme: "dark", width: 360 },
  { path: `/fleets/${FLEET}`, scheme: "light", width: 360 },
  { path: `/fleets/${FLEET}`, scheme: "dark", width: 1280 },
  { path: `/fleets/${FLEET}/settings`, scheme: "dark", width: 360 },
  { path: `/fleets/${FLEET}/settings`, scheme: "light", width: 1280 },
  { path: "/tokens", scheme: "dark", width: 1280 },
] as const)("$path can be used by everybody in $scheme, $width px wide", async ({ path, scheme, width }) => {
  const page = await signedIn(await runStory(), { colorScheme: scheme, viewport: { width, height: 800 } })
  await page.goto(path)
  await page.getByRole("heading", { level: 1 }).waitFor()
  await page.waitForLoadState("load")
  await expect.poll(() => page.locator("[class*=Skeleton]").count()).toBe(0)
  expect(await accessibilityFaults(page)).toEqual([])
  const [shown, whole] = await page.evaluate(() => {
    // biome-ignore lint/suspicious/noExplicitAny: the tests have no types of a page.
    const { clientWidth, scrollWidth } = (globalThis as any).document.documentElement
    return [clientWidth, scrollWidth]
  })
  expect(whole).toBe(shown)
})

test("finds a device by its name from anywhere, where no fleet is called so", async () => {
  const server = await runStory()
  const page = await signedIn(server)
  await page.goto("/fleets")
  await page.getByRole("heading", { name: "Fleets" }).waitFor()
  await page.keyboard.press("/")
  await page.keyboard.type("press 2")
  await page.keyboard.press("Enter")
  await page.getByRole("link", { name: "press 2" }).waitFor()
  expect(new URL(page.url()).pathname).toBe("/devices")
  await page.getByLabel("Search fleets and devices").fill("edge")
  await page.getByLabel("Search fleets and devices").press("Enter")
  await page.getByRole("table", { name: "Fleets" }).getByRole("link", { name: "acme/edge" }).waitFor()
})

test("is live again after something else has answered in place of the server", async () => {
  const server = await runStory()
  const page = await signedIn(server)
  await page.route("**/api/v1/changes", (route) => route.fulfill({ status: 502 }), { times: 1 })
  await page.goto(`/fleets/${FLEET}`)
  await page.getByText("not live", { exact: true }).waitFor()
  const [release] = await server.home.fleets.findReleases({ fleet: FLEET, version: "1.2.3" })
  await server.home.fleets.pinFleet(FLEET, release?.id ?? 0, server.home.change())
  await page.getByText("live", { exact: true }).waitFor()
  await page.getByRole("region", { name: "Releases" }).getByText("Pinned").waitFor()
})
