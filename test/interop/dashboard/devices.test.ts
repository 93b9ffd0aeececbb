import type { Page } from "playwright-core"
import { expect, test } from "vitest"
import { accessibilityFaults, runDashboard, signedIn, useBrowser } from "../../support/dashboard.ts"
import { recordFleet } from "./sample-fleet.ts"
import { secretOf } from "./story.ts"

useBrowser()

const DEVICES = "/fleets/acme/edge/devices"

test("shows the pin and Pinned in the table", async () => {
  const server = await runDashboard()
  const { releases, uuid } = await recordFleet(server)
  await server.home.fleets.pinDevices([uuid(2)], releases["1.2.3"], server.home.change())
  const page = await signedIn(server)
  await page.goto(DEVICES)
  const pinned = row(page, "press 2")
  await pinned.getByRole("img", { name: "pinned" }).waitFor()
  expect(await cells(pinned)).toEqual(["press 2", "1.2.3", "Pinned"])
  const tracking = row(page, "press 1")
  expect(await cells(tracking)).toEqual(["press 1", "1.3.0", "Tracking"])
  expect(await tracking.getByRole("img", { name: "pinned" }).count()).toBe(0)
  expect(await accessibilityFaults(page)).toEqual([])
})

test("pins several devices from Modify, and says before what moves", async () => {
  const server = await runDashboard()
  const { releases, uuid } = await recordFleet(server)
  await server.home.fleets.pinDevices([uuid(3)], releases["1.2.3"], server.home.change())
  const page = await signedIn(server)
  await page.goto(DEVICES)
  for (const number of [1, 2, 3]) await tick(page, `press ${number}`)
  await modify(page, "Pin to release")
  const dialog = page.getByRole("dialog")
  await dialog.getByRole("radio", { name: "1.2.3" }).check()
  await dialog.getByText("2 devices move from 1.3.0 to 1.2.3").waitFor()
  await dialog.getByText("1 device there already").waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  await dialog.getByRole("button", { name: "Pin", exact: true }).click()
  await page.getByText("Pinned 3 devices of acme/edge").waitFor()
  await expect.poll(() => policies(page)).toEqual(["Pinned", "Pinned", "Pinned", "Tracking"])
  // They are still ticked, for whatever is to be done to them next.
  await page.getByText("3 devices selected.").waitFor()
})

test("lets all that match a filter follow their fleet, as a filter and not one by one", async () => {
  const server = await runDashboard()
  const { releases, uuid } = await recordFleet(server, "acme/edge", { devices: 60 })
  const uuids = Array.from({ length: 55 }, (_, index) => uuid(index + 1))
  await server.home.fleets.pinDevices(uuids, releases["1.2.3"], server.home.change())
  const page = await signedIn(server)
  await page.goto(`${DEVICES}?policy=pinned`)
  await page.getByRole("checkbox", { name: "Select all on this page" }).check()
  await page.getByRole("button", { name: "Select all 55 that match" }).click()
  await page.getByText("All 55 devices that match are selected.").waitFor()
  await modify(page, "Track fleet")
  await page.getByText("55 devices move from 1.2.3 to 1.3.0").waitFor()
  const sent = page.waitForRequest((request) => request.method() === "PUT")
  await page.getByRole("button", { name: "Track fleet" }).click()
  expect((await sent).postDataJSON()).toEqual({
    devices: { fleet: "acme/edge", policy: "pinned" },
    expected: 55,
    policy: "track-fleet",
  })
  await page.getByText("Nothing matches the search and the filters.").waitFor()
  expect(await server.home.fleets.countDevices("acme/edge")).toEqual({ tracking: 60, pinned: 0 })
})

test("changes none where others match by now than were shown, and says so", async () => {
  const server = await runDashboard()
  const { releases, uuid } = await recordFleet(server, "acme/edge", { devices: 60 })
  const page = await signedIn(server)
  await page.goto(`${DEVICES}?policy=tracking`)
  await page.getByRole("checkbox", { name: "Select all on this page" }).check()
  await page.getByRole("button", { name: "Select all 60 that match" }).click()
  await modify(page, "Tags")
  const field = page.getByRole("dialog").getByRole("combobox", { name: "Tags to set" })
  await field.fill("site=north")
  await field.press("Enter")
  await server.home.fleets.pinDevices([uuid(1)], releases["1.2.3"], server.home.change())
  await page.getByRole("button", { name: "Change tags" }).click()
  const alert = page.getByRole("dialog").getByRole("alert")
  await alert.getByText("59 devices of acme/edge are asked for by now").waitFor()
  // What was typed is still there.
  await page.getByRole("dialog").getByText("site=north").waitFor()
  const [device] = await server.home.fleets.listDevices({ uuid: uuid(2) })
  expect(device?.tags).toEqual({})
})

test("sets tags of several devices, and takes others away", async () => {
  const server = await runDashboard()
  const { uuid } = await recordFleet(server)
  await server.home.fleets.tagDevices([uuid(1)], { hall: "3" }, server.home.change())
  const page = await signedIn(server)
  await page.goto(DEVICES)
  for (const number of [1, 2]) await tick(page, `press ${number}`)
  await modify(page, "Tags")
  const dialog = page.getByRole("dialog")
  for (const [label, text] of [
    ["Tags to set", "site=north, east"],
    ["Tags to take away", "hall"],
  ] as const) {
    const field = dialog.getByRole("combobox", { name: label })
    await field.fill(text)
    await field.press("Enter")
  }
  await dialog.getByRole("button", { name: "Change tags" }).click()
  await dialog.waitFor({ state: "hidden" })
  const found = await server.home.fleets.listDevices({ fleet: "acme/edge" })
  expect(found.map(({ tags }) => tags)).toEqual([{ site: "north, east" }, { site: "north, east" }, {}, {}])
})

test("moves devices to another fleet, and says what they will run there", async () => {
  const server = await runDashboard()
  await recordFleet(server)
  await recordFleet(server, "acme/kiosk", { devices: 0 })
  const page = await signedIn(server)
  await page.goto(DEVICES)
  await tick(page, "press 1")
  await modify(page, "Move")
  const dialog = page.getByRole("dialog")
  await dialog.getByLabel("To the fleet").fill("kio")
  await page.getByRole("option", { name: "acme/kiosk" }).click()
  await dialog.getByText("1 device moves from acme/edge 1.3.0 to acme/kiosk 1.3.0").waitFor()
  await dialog.getByRole("combobox", { name: "Pinned there to" }).click()
  await page.getByRole("option", { name: "1.2.3" }).click()
  await dialog.getByText("1 device moves from acme/edge 1.3.0 to acme/kiosk 1.2.3").waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  await dialog.getByRole("button", { name: "Move", exact: true }).click()
  await expect.poll(() => names(page)).toEqual(["press 2", "press 3", "press 4"])
  await page.getByText("Tick devices to modify them.").waitFor()
  const [moved] = await server.home.fleets.listDevices({ fleet: "acme/kiosk" })
  expect(moved?.pin?.version).toBe("1.2.3")
})

test("finds devices by release, last report and tag, by a link too", async () => {
  const server = await runDashboard()
  const { uuid, releases } = await recordFleet(server)
  const { fleets } = server.home
  const { commit } = await fleets.getRelease(releases["1.2.3"])
  await fleets.reportRelease(uuid(2), commit, { now: new Date() })
  await fleets.tagDevices([uuid(3)], { site: "north" }, server.home.change())
  const page = await signedIn(server)
  await page.goto(DEVICES)
  await page.getByRole("button", { name: "Filters" }).click()
  const current = page.getByRole("combobox", { name: "Current release" })
  await current.fill("1.2")
  await page.getByRole("option", { name: "1.2.3" }).click()
  await expect.poll(() => names(page)).toEqual(["press 2"])
  expect(await accessibilityFaults(page)).toEqual([])
  await page.goto(`${DEVICES}?silentSince=3600&where=site`)
  await expect.poll(() => names(page)).toEqual(["press 3"])
  await page.getByRole("button", { name: "Filters (2)" }).waitFor()
})

test("finds, filters, orders and pages devices in the address, and the back button goes back", async () => {
  const server = await runDashboard()
  await recordFleet(server, "acme/edge", { devices: 60 })
  const page = await signedIn(server)
  await page.goto(DEVICES)
  await page.getByText("1–50 of 60").waitFor()
  await page.getByRole("button", { name: "Next" }).click()
  await page.getByText("51–60 of 60").waitFor()
  expect(page.url()).toContain("page=2")
  await page.getByLabel("Search devices", { exact: true }).fill("press 5")
  await expect.poll(() => names(page)).toContain("press 5")
  expect(new URL(page.url()).searchParams.get("search")).toBe("press 5")
  expect(page.url()).not.toContain("page=")
  await page.getByRole("button", { name: "Name" }).click()
  await page.getByRole("button", { name: "Name" }).click()
  await expect.poll(() => names(page).then(([first]) => first)).toBe("press 59")
  const header = page.getByRole("columnheader", { name: "Name" })
  expect(await header.getAttribute("aria-sort")).toBe("descending")
  await page.goBack()
  await page.goBack()
  await expect.poll(() => new URL(page.url()).searchParams.get("sort")).toBeNull()
  await page.getByLabel("Search devices", { exact: true }).fill("nobody")
  await page.getByRole("button", { name: "Clear the filters" }).click()
  await page.getByText("1–50 of 60").waitFor()
  expect(await page.getByLabel("Search devices", { exact: true }).inputValue()).toBe("")
})

test("does all of it by keyboard, and gives the focus back", async () => {
  const server = await runDashboard()
  await recordFleet(server)
  const page = await signedIn(server)
  await page.goto(DEVICES)
  await row(page, "press 1").waitFor()
  await tabTo(page, "Select press 1")
  await page.keyboard.press("Space")
  await tabTo(page, "Modify", "Shift+Tab")
  await page.keyboard.press("Enter")
  await page.getByRole("menuitem", { name: "Pin to release" }).waitFor()
  await page.keyboard.press("Enter")
  await page.getByRole("dialog").getByRole("radio", { name: "1.2.3" }).waitFor()
  await page.keyboard.type("1.2.3")
  await expect.poll(() => page.getByRole("dialog").getByRole("radio").count()).toBe(1)
  await tabTo(page, "1.2.3")
  await page.keyboard.press("Space")
  await page.getByText("1 device moves from 1.3.0 to 1.2.3").waitFor()
  await page.keyboard.press("Enter")
  await page.getByRole("dialog").waitFor({ state: "hidden" })
  await expect.poll(() => policies(page)).toEqual(["Pinned", "Tracking", "Tracking", "Tracking"])
  await expect.poll(() => focused(page)).toBe("Modify")
})

test("two browsers see each other's changes, and keep what is ticked", async () => {
  const server = await runDashboard()
  await recordFleet(server)
  const [here, there] = await Promise.all([signedIn(server), signedIn(server)])
  await Promise.all([here.goto(DEVICES), there.goto(DEVICES)])
  await here.getByText("live", { exact: true }).waitFor()
  await tick(here, "press 3")
  await tick(there, "press 1")
  await modify(there, "Pin to release")
  await there.getByRole("radio", { name: "1.2.3" }).check()
  await there.getByRole("button", { name: "Pin", exact: true }).click()
  await expect.poll(() => policies(here)).toEqual(["Pinned", "Tracking", "Tracking", "Tracking"])
  expect(await here.getByRole("checkbox", { name: "Select press 3" }).isChecked()).toBe(true)
  await here.getByText("1 device selected.").waitFor()
})

test("offers a viewer nothing that a viewer may not", async () => {
  const server = await runDashboard()
  const { uuid } = await recordFleet(server)
  const token = await secretOf(server, "viewer")
  const page = await signedIn(server, { token })
  await page.goto(DEVICES)
  await row(page, "press 1").waitFor()
  expect(await page.getByRole("checkbox").count()).toBe(0)
  expect(await page.getByRole("button", { name: "Modify" }).count()).toBe(0)
  expect(await page.getByRole("button", { name: "Pin press 1 to a release" }).count()).toBe(0)
  const answer = await page.request.put("/api/v1/devices/policy", {
    data: { uuids: [uuid(1)], policy: "track-fleet" },
  })
  expect(answer.status()).toBe(403)
})

test("offers a deployer no removal", async () => {
  const server = await runDashboard()
  await recordFleet(server)
  const page = await signedIn(server, { token: await secretOf(server, "deployer") })
  await page.goto(DEVICES)
  await tick(page, "press 1")
  await page.getByRole("button", { name: "Modify" }).click()
  await page.getByRole("menuitem", { name: "Tags" }).waitFor()
  expect(await page.getByRole("menuitem", { name: "Remove" }).count()).toBe(0)
})

test("pins no devices of several fleets at once, which have no release in common", async () => {
  const server = await runDashboard()
  await recordFleet(server)
  await recordFleet(server, "acme/kiosk", { first: 5, devices: 1 })
  const page = await signedIn(server)
  await page.goto("/devices")
  await tick(page, "press 1")
  await tick(page, "press 5")
  await page.getByRole("button", { name: "Modify" }).click()
  const item = page.getByRole("menuitem", { name: "Pin to release" })
  expect(await item.isDisabled()).toBe(true)
  expect(await item.textContent()).toContain("They are of several fleets")
  expect(await accessibilityFaults(page)).toEqual([])
})

test("shows names and tags with markup as they are written", async () => {
  const server = await runDashboard()
  const { uuid } = await recordFleet(server)
  const markup = `<img src=x onerror="document.title='broken'">`
  await server.home.fleets.renameDevice(uuid(1), markup, server.home.change())
  await server.home.fleets.tagDevices([uuid(1)], { note: markup }, server.home.change())
  const page = await signedIn(server)
  await page.goto(DEVICES)
  await row(page, markup).getByText(`note=${markup}`).waitFor()
  expect(await page.title()).not.toContain("broken")
})

test("says what to type where there is no device yet, in the dark and on a phone", async () => {
  const server = await runDashboard()
  await recordFleet(server, "acme/edge", { devices: 0 })
  const page = await signedIn(server, { colorScheme: "dark", viewport: { width: 360, height: 740 } })
  await page.goto(DEVICES)
  await page.getByText('waybill device register acme/edge --name "press 4"').waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360)
})

function row(page: Page, name: string) {
  return page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) })
}

/** Name, target and policy. */
async function cells(found: ReturnType<typeof row>): Promise<string[]> {
  const texts = await found.getByRole("cell").allTextContents()
  return [1, 4, 5].map((index) => texts[index] ?? "")
}

function names(page: Page): Promise<string[]> {
  return page.getByRole("table").getByRole("link").allTextContents()
}

async function policies(page: Page): Promise<string[]> {
  const rows = await page
    .getByRole("row")
    .filter({ has: page.getByRole("cell") })
    .all()
  return Promise.all(rows.map(async (found) => (await cells(found))[2] ?? ""))
}

function tick(page: Page, name: string): Promise<void> {
  return page.getByRole("checkbox", { name: `Select ${name}`, exact: true }).check()
}

async function modify(page: Page, item: string): Promise<void> {
  await page.getByRole("button", { name: "Modify" }).click()
  await page.getByRole("menuitem", { name: item, exact: true }).click()
}

/** What whoever hears the page hears of what has the focus. */
function focused(page: Page): Promise<string> {
  return page.evaluate(`(() => {
    const found = document.activeElement
    return found.getAttribute("aria-label") ?? found.labels?.[0]?.textContent ?? found.textContent
  })()`)
}

/** Goes on by a key until something has the focus whose name begins so. */
async function tabTo(page: Page, name: string, key = "Tab"): Promise<void> {
  for (let step = 0; step < 60; step++) {
    if ((await focused(page)).startsWith(name)) return
    await page.keyboard.press(key)
  }
  throw new Error(`${key} does not come to ${name}`)
}
