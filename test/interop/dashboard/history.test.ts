import { readFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { accessibilityFaults, runDashboard, signedIn, useBrowser } from "../../support/dashboard.ts"
import { recordFleet } from "./sample-fleet.ts"

useBrowser()

const HISTORY = "/fleets/acme/edge/history"

test("tells in plain words who did what, and what was before and after", async () => {
  const server = await runDashboard()
  const { releases, uuid } = await recordFleet(server)
  await server.home.fleets.pinFleet("acme/edge", releases["1.2.3"], server.home.change())
  await server.home.fleets.tagDevices([uuid(1)], { site: "north" }, server.home.change())
  const page = await signedIn(server)
  await page.goto(HISTORY)
  const rows = page.getByRole("row")
  await rows.nth(1).getByText("tags.site: none → north").waitFor()
  const pinned = (await rows.nth(2).textContent()) ?? ""
  expect(pinned).toContain("testerpinned the fleet to 1.2.3")
  expect(pinned).toContain("target: 1.3.0 → 1.2.3, 4 devices follow")
  expect(await accessibilityFaults(page)).toEqual([])
  await rows
    .nth(1)
    .getByRole("link", { name: uuid(1).slice(0, 8) })
    .click()
  await page.getByRole("heading", { name: "press 1" }).waitFor()
})

test("finds entries by what, who, which and when, in the address", async () => {
  const server = await runDashboard()
  const { uuid } = await recordFleet(server)
  const page = await signedIn(server)
  await page.goto(HISTORY)
  const rows = page.getByRole("row").filter({ has: page.getByRole("cell") })
  await expect.poll(() => rows.count()).toBe(7)
  await page.getByLabel("What", { exact: true }).selectOption({ label: "Device registered" })
  await expect.poll(() => rows.count()).toBe(4)
  await page.getByLabel("Device", { exact: true }).fill(uuid(3))
  await expect.poll(() => rows.count()).toBe(1)
  expect(new URL(page.url()).searchParams.get("action")).toBe("device.register")
  await page.reload()
  await expect.poll(() => rows.count()).toBe(1)
  expect(await page.getByLabel("Device", { exact: true }).inputValue()).toBe(uuid(3))
  await page.getByLabel("Who", { exact: true }).fill("nobody")
  await page.getByRole("button", { name: "Clear the filters" }).click()
  await expect.poll(() => rows.count()).toBe(7)
  await page.getByLabel("To", { exact: true }).fill("2020-01-01")
  await page.getByText("Nothing matches the search and the filters.").waitFor()
  await page.getByLabel("To", { exact: true }).fill("2099-01-01")
  await page.getByLabel("From", { exact: true }).fill("2020-01-01")
  await expect.poll(() => rows.count()).toBe(7)
})

test("gives all that match as CSV", async () => {
  const server = await runDashboard()
  await recordFleet(server, "acme/edge", { devices: 60 })
  const page = await signedIn(server)
  await page.goto(`${HISTORY}?action=device.register`)
  const download = page.waitForEvent("download")
  await page.getByRole("link", { name: "Download as CSV" }).click()
  const file = await download
  expect(file.suggestedFilename()).toBe("history-of-acme-edge.csv")
  const lines = (await readFile(await file.path(), "utf8")).trimEnd().split("\r\n")
  expect(lines).toHaveLength(61)
  expect(lines[1]).toContain("device.register")
})

test("hears of what happens while it is looked at", async () => {
  const server = await runDashboard()
  const { uuid } = await recordFleet(server)
  const page = await signedIn(server)
  await page.goto(HISTORY)
  await page.getByText("live", { exact: true }).waitFor()
  await server.home.fleets.renameDevice(uuid(2), "press two", server.home.change())
  await page.getByText("name: press 2 → press two").waitFor()
})
