import { expect, test } from "vitest"
import { openPage, useBrowser } from "../../support/dashboard.ts"
import { MOST, weighDashboard, weighLoaded } from "../../support/dashboard-size.ts"
import { FLEET, runStory } from "./story.ts"

useBrowser()

test("all JavaScript and all styles together stay small", async () => {
  const { javascript, css } = await weighDashboard()
  expect(javascript).toBeGreaterThan(0)
  expect(javascript).toBeLessThanOrEqual(MOST.javascript)
  expect(css).toBeGreaterThan(0)
  expect(css).toBeLessThanOrEqual(MOST.css)
})

test("sign-in and the first page load little, and leave the rest to the pages that need it", async () => {
  const server = await runStory()
  const page = await openPage(server)
  const loaded = weighLoaded(page)
  await page.goto("/")
  await page.getByLabel("Token").fill(server.token)
  await page.getByRole("button", { name: "Sign in" }).click()
  await page.getByRole("link", { name: FLEET }).waitFor()
  await page.getByText("live", { exact: true }).waitFor()
  expect(await loaded()).toBeGreaterThan(MOST.firstPage / 2)
  expect(await loaded()).toBeLessThanOrEqual(MOST.firstPage)
})

test("a dialog that is loaded when it is opened gives the focus back, and says when it cannot be loaded", async () => {
  const server = await runStory()
  const page = await openPage(server)
  await page.request.post("/api/v1/session", { data: { secret: server.token } })
  await page.goto("/fleets")
  const button = page.getByRole("button", { name: "Create fleet" })
  await page.route("**/assets/create-fleet-*.js", (route) => route.abort())
  await button.press("Enter")
  await page.getByText("the server does not answer").waitFor()
  await page.getByRole("link", { name: FLEET }).waitFor()
  await page.unroute("**/assets/create-fleet-*.js")
  await button.press("Enter")
  await page.getByRole("dialog", { name: "Create a fleet" }).waitFor()
  await expect.poll(() => page.getByLabel("Name").evaluate((field) => field.matches(":focus"))).toBe(true)
  await page.keyboard.press("Escape")
  await expect.poll(() => button.evaluate((element) => element.matches(":focus"))).toBe(true)
})

test("the menu of the account is opened by the keyboard, and gives the focus back", async () => {
  const server = await runStory()
  const page = await openPage(server)
  await page.request.post("/api/v1/session", { data: { secret: server.token } })
  await page.goto("/fleets")
  const button = page.getByRole("button", { name: "Your account" })
  await button.press("Enter")
  await page.getByRole("menuitem", { name: "Sign out", exact: true }).waitFor()
  await page.keyboard.press("ArrowDown")
  await expect.poll(() => page.locator(":focus").innerText()).toMatch(/colors$/)
  await page.keyboard.press("Escape")
  await expect.poll(() => button.evaluate((element) => element.matches(":focus"))).toBe(true)
  await button.press("Enter")
  await page.getByRole("menuitem", { name: "Sign out everywhere" }).waitFor()
})
