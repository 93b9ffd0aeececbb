import type { Page } from "playwright-core"
import { expect, test } from "vitest"
import { accessibilityFaults, signedIn, useBrowser } from "../../support/dashboard.ts"
import { FLEET, runStory, secretOf } from "./story.ts"

useBrowser()

test("pins a fleet from the Releases card", async () => {
  const server = await runStory()
  const page = await signedIn(server)
  await page.goto(`/fleets/${FLEET}`)
  const card = page.getByRole("region", { name: "Releases" })
  await card.getByText("Tracking").waitFor()
  await card.getByRole("button", { name: "Pin to release" }).click()
  await page.getByRole("radio", { name: /^1\.2\.3/ }).click()
  const dialog = page.getByRole("dialog", { name: "Pin acme/edge to a release" })
  await dialog.getByText("3 devices move from 1.3.0 to 1.2.3").waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  await dialog.getByRole("button", { name: "Pin", exact: true }).click()
  await page.getByText("Pinned acme/edge to 1.2.3").waitFor()
  await card.getByText("Pinned").waitFor()
  await card.getByRole("link", { name: "1.2.3" }).waitFor()
  await card.getByText("not out").waitFor()
  expect((await server.home.fleets.getFleet(FLEET)).pin?.version).toBe("1.2.3")

  await page.getByRole("button", { name: "Undo" }).click()
  await card.getByText("Tracking").waitFor()
  expect((await server.home.fleets.getFleet(FLEET)).pin).toBe(null)
})

test("lets a fleet track its latest release again, and says before what moves", async () => {
  const server = await runStory()
  await pin(server, "1.2.3")
  const page = await signedIn(server)
  await page.goto(`/fleets/${FLEET}`)
  await page.getByRole("button", { name: "Pin to release" }).click()
  await page.getByRole("radio", { name: "Track latest (1.3.0)" }).click()
  const dialog = page.getByRole("dialog", { name: "Let acme/edge track its latest release" })
  await dialog.getByText("3 devices move from 1.2.3 to 1.3.0").waitFor()
  await dialog.getByRole("button", { name: "Track latest" }).click()
  await page.getByRole("region", { name: "Releases" }).getByText("Tracking").waitFor()
  expect((await server.home.fleets.getFleet(FLEET)).target?.version).toBe("1.3.0")
})

test("pins a fleet from its settings", async () => {
  const server = await runStory()
  const page = await signedIn(server)
  await page.goto(`/fleets/${FLEET}/settings`)
  const setting = page.getByRole("region", { name: "Pin to release" })
  await setting.getByRole("button", { name: "Pin to release" }).click()
  const dialog = page.getByRole("dialog")
  await dialog.getByLabel("Search releases").fill("tested one")
  await dialog.getByRole("radio", { name: /^1\.2\.3/ }).click()
  await dialog.getByText("3 devices move from 1.3.0 to 1.2.3").waitFor()
  await dialog.getByRole("button", { name: "Pin", exact: true }).click()
  await setting.getByText("Target 1.2.3").waitFor()
  expect((await server.home.fleets.getFleet(FLEET)).pin?.version).toBe("1.2.3")
})

test("lists all successful and valid releases", async () => {
  const page = await signedIn(await runStory())
  await page.goto(`/fleets/${FLEET}`)
  await page.getByRole("button", { name: "Pin to release" }).click()
  const choice = page.getByRole("radiogroup", { name: "Release" })
  await choice.getByRole("radio").first().waitFor()
  const versions = await choice
    .getByRole("radio")
    .evaluateAll((radios) =>
      radios.map(
        (radio) =>
          (radio as unknown as { labels: { innerText: string }[] }).labels[0]?.innerText.split(/\s/)[0],
      ),
    )
  expect(versions).toEqual(["1.3.0", "1.2.3", "1.2.2"])
})

test("a release that somebody else pinned meanwhile is not overwritten by an undo", async () => {
  const server = await runStory()
  const page = await signedIn(server)
  await page.goto(`/fleets/${FLEET}/settings`)
  await page.getByRole("button", { name: "Pin to release" }).click()
  await page.getByRole("radio", { name: /^1\.2\.3/ }).click()
  await page.getByRole("button", { name: "Pin", exact: true }).click()
  await page.getByText("Pinned acme/edge to 1.2.3").waitFor()
  await pin(server, "1.2.2")
  await page.getByRole("button", { name: "Undo" }).click()
  await page.getByText("has changed meanwhile").waitFor()
  expect((await server.home.fleets.getFleet(FLEET)).pin?.version).toBe("1.2.2")
})

test("is pinned by the keyboard alone", async () => {
  const server = await runStory()
  const page = await signedIn(server)
  await page.goto(`/fleets/${FLEET}`)
  await tabTo(page, "Pin to release")
  await page.keyboard.press("Enter")
  await page.getByRole("radio", { name: /^1\.3\.0/ }).waitFor()
  await page.keyboard.press("Escape")
  await expect.poll(() => focused(page)).toContain("Pin to release")
  await page.keyboard.press("Enter")
  await page.getByRole("radio", { name: /^1\.3\.0/ }).waitFor()
  await page.getByRole("radio", { name: /^1\.2\.2/ }).focus()
  await page.keyboard.press("Space")
  await page.getByText("3 devices move from 1.3.0 to 1.2.2").waitFor()
  await tabTo(page, "Pin")
  await page.keyboard.press("Enter")
  await page.getByText("Pinned acme/edge to 1.2.2").waitFor()
})

test("is seen by who may only view, who is offered nothing that changes it", async () => {
  const server = await runStory()
  const page = await signedIn(server, { token: await secretOf(server, "viewer") })
  await page.goto(`/fleets/${FLEET}`)
  await page.getByRole("region", { name: "Releases" }).getByText("Tracking").waitFor()
  expect(await page.getByRole("button", { name: "Pin to release" }).count()).toBe(0)
  await page.goto(`/fleets/${FLEET}/settings`)
  await page.getByRole("region", { name: "Pin to release" }).waitFor()
  expect(await page.getByRole("button", { name: /Pin to release|Track latest|Remove|Set/ }).count()).toBe(0)
  const answer = await page.request.put(`/api/v1/fleets/${FLEET}/policy`, {
    data: { policy: "track-latest" },
    headers: { origin: server.url },
  })
  expect(answer.status()).toBe(403)
})

async function pin({ home }: Awaited<ReturnType<typeof runStory>>, version: string): Promise<void> {
  const [release] = await home.fleets.findReleases({ fleet: FLEET, version })
  await home.fleets.pinFleet(FLEET, release?.id ?? 0, home.change())
}

function focused(page: Page): Promise<string | undefined> {
  return page.locator(":focus").innerText()
}

/** Presses Tab until what has the focus has this text. */
async function tabTo(page: Page, text: string): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press("Tab")
    const found = page.locator(":focus")
    if ((await found.count()) > 0 && (await found.innerText()).trim() === text) return
  }
  throw new Error(`nothing with the text ${text} is reached by Tab`)
}
