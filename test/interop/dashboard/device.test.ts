import type { Page } from "playwright-core"
import { expect, test } from "vitest"
import { accessibilityFaults, runDashboard, signedIn, useBrowser } from "../../support/dashboard.ts"
import { recordFleet } from "./sample-fleet.ts"

useBrowser()

test("pins a device by the pencil, which hover and keyboard focus show", async () => {
  const { page, uuid } = await openDevice()
  const pencil = page.getByRole("button", { name: "Pin to release" })
  await page.getByRole("heading", { name: "press 1" }).hover()
  expect(await opacityOf(pencil)).toBe("0")
  await page.getByText("Target release").hover()
  expect(await opacityOf(pencil)).toBe("1")
  await page.getByRole("heading", { name: "press 1" }).hover()
  await page.getByRole("link", { name: "1.3.0" }).focus()
  await page.keyboard.press("Tab")
  expect(await opacityOf(pencil)).toBe("1")
  await page.keyboard.press("Enter")
  const dialog = page.getByRole("dialog")
  await dialog.getByRole("radio", { name: "1.2.3" }).check()
  await dialog.getByText("1 device moves from 1.3.0 to 1.2.3").waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  await dialog.getByRole("button", { name: "Pin", exact: true }).click()
  await page.getByRole("img", { name: "pinned" }).waitFor()
  await page.getByText("Pinned", { exact: true }).waitFor()
  await page.getByRole("link", { name: "1.2.3" }).waitFor()
  expect(page.url()).toContain(uuid(1))
})

test("pins a device in its settings, and lets it follow its fleet again", async () => {
  const { page, server, uuid } = await openDevice("settings")
  await page.getByRole("button", { name: "Pin to release" }).click()
  await page.getByRole("radio", { name: "1.2.3" }).check()
  await page.getByRole("dialog").getByRole("button", { name: "Pin", exact: true }).click()
  await page.getByText("It stays on 1.2.3, whatever acme/edge does.").waitFor()
  const [pinned] = await server.home.fleets.listDevices({ uuid: uuid(1) })
  expect(pinned?.pin?.version).toBe("1.2.3")
  await page.getByRole("button", { name: "Track fleet" }).click()
  const dialog = page.getByRole("dialog")
  await dialog.getByText("1 device moves from 1.2.3 to 1.3.0").waitFor()
  await dialog.getByRole("button", { name: "Track fleet" }).click()
  await page.getByText("It follows acme/edge, to 1.3.0 now.").waitFor()
})

test("puts a pin back that was taken away, where nobody has changed the device since", async () => {
  const { page, server, uuid, releases } = await openDevice("settings")
  await server.home.fleets.pinDevices([uuid(1)], releases["1.2.3"], server.home.change())
  await page.getByRole("button", { name: "Track fleet" }).click()
  await page.getByRole("dialog").getByRole("button", { name: "Track fleet" }).click()
  await page.getByRole("button", { name: "Undo" }).click()
  await page.getByText("It stays on 1.2.3, whatever acme/edge does.").waitFor()
  await page.getByRole("button", { name: "Track fleet" }).click()
  await page.getByRole("dialog").getByRole("button", { name: "Track fleet" }).click()
  await page.getByText("It follows acme/edge, to 1.3.0 now.").waitFor()
  await server.home.fleets.tagDevices([uuid(1)], { hall: "3" }, server.home.change())
  await page.getByRole("button", { name: "Undo" }).last().click()
  await page.getByText("has changed meanwhile").waitFor()
})

test("renames and tags a device, and keeps what others have set meanwhile", async () => {
  const { page, server, uuid } = await openDevice("settings")
  await page.getByRole("combobox", { name: "Tags of the device" }).fill("site=north")
  await page.getByRole("combobox", { name: "Tags of the device" }).press("Enter")
  await server.home.fleets.tagDevices([uuid(1)], { hall: "3" }, server.home.change())
  await page.getByRole("button", { name: "Change tags" }).click()
  await page.getByText("Done: the tags are changed.").waitFor()
  await page.getByLabel("Name of the device").fill("press <1>")
  await page.getByRole("button", { name: "Rename" }).click()
  await page.getByRole("heading", { name: "press <1>" }).waitFor()
  const [device] = await server.home.fleets.listDevices({ uuid: uuid(1) })
  expect(device).toMatchObject({ name: "press <1>", tags: { hall: "3", site: "north" } })
})

test("keeps what was typed where the server refuses it, and says why", async () => {
  const { page } = await openDevice("settings")
  await page.getByLabel("Name of the device").fill("x".repeat(256))
  await page.getByRole("button", { name: "Rename" }).click()
  await page.getByRole("alert").getByText("1 to 255").waitFor()
  expect(await page.getByLabel("Name of the device").inputValue()).toBe("x".repeat(256))
})

test("rotates a key, which is shown once and good from then on", async () => {
  const { page, server, uuid } = await openDevice("settings")
  await page.getByRole("button", { name: "Rotate key" }).click()
  const dialog = page.getByRole("dialog")
  await dialog.getByRole("button", { name: "Rotate key" }).click()
  await dialog.getByText("It is shown this once").waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  const key = await dialog.getByRole("code").textContent()
  await dialog.getByRole("button", { name: "Done" }).click()
  await dialog.waitFor({ state: "hidden" })
  expect(await page.content()).not.toContain(key)
  const answer = await fetch(`${server.url}/api/v1/devices/${uuid(1)}/target`, {
    headers: { authorization: `Bearer ${key}` },
  })
  expect(answer.status).toBe(200)
})

test("removes a device once its name is typed, and goes to those that are left", async () => {
  const { page } = await openDevice("settings")
  await page.getByRole("button", { name: "Remove device" }).click()
  const dialog = page.getByRole("dialog")
  const remove = dialog.getByRole("button", { name: "Remove", exact: true })
  expect(await remove.isDisabled()).toBe(true)
  await dialog.getByLabel("Type press 1 to remove it").fill("press 1")
  expect(await accessibilityFaults(page)).toEqual([])
  await remove.click()
  await page.waitForURL("**/fleets/acme/edge/devices")
  await page.getByRole("link", { name: "press 2" }).waitFor()
  expect(await page.getByRole("link", { name: "press 1" }).count()).toBe(0)
})

test("shows the compose file that a device gets, images by digest", async () => {
  const { page } = await openDevice("compose")
  const file = page.getByRole("group", { name: "Compose file" })
  await file.waitFor()
  expect(await file.textContent()).toMatch(/image: registry\.example\/acme\/edge@sha256:[0-9a-f]{64}/)
  expect(await accessibilityFaults(page)).toEqual([])
  const download = page.waitForEvent("download")
  await page.getByRole("link", { name: "Download" }).click()
  expect((await download).suggestedFilename()).toBe("compose.yml")
})

test("tells what was done to a device, also in the fleet that it was in before", async () => {
  const { page, server, uuid } = await openDevice("history")
  await page.getByText("registered device").waitFor()
  await recordFleet(server, "acme/kiosk", { devices: 0 })
  await server.home.fleets.moveDevices([uuid(1)], "acme/kiosk", server.home.change())
  await page.getByText("here from acme/edge").waitFor()
  expect(await page.getByRole("row").count()).toBe(4)
  expect(await accessibilityFaults(page)).toEqual([])
})

test("says that a device is gone, and keeps what is shown of it", async () => {
  const { page, server, uuid } = await openDevice()
  await page.getByText("live", { exact: true }).waitFor()
  await server.home.fleets.removeDevices([uuid(1)], server.home.change())
  await page.getByRole("alert").getByText("This device is gone").waitFor()
  await page.getByRole("heading", { name: "press 1" }).waitFor()
  await page.reload()
  await page.getByRole("heading", { name: "It is not there" }).waitFor()
})

async function openDevice(tab = "summary") {
  const server = await runDashboard()
  const fleet = await recordFleet(server, "acme/edge", { devices: 2 })
  const page: Page = await signedIn(server)
  await page.goto(`/devices/${fleet.uuid(1)}?tab=${tab}`)
  await page.getByRole("heading", { name: "press 1" }).waitFor()
  return { server, page, ...fleet }
}

function opacityOf(found: ReturnType<Page["getByRole"]>): Promise<string> {
  // biome-ignore lint/suspicious/noExplicitAny: it runs in the page, whose types are not those of a test.
  return found.evaluate((element) => (globalThis as any).getComputedStyle(element).opacity)
}
