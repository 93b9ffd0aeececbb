import { randomBytes } from "node:crypto"
import type { Page } from "playwright-core"
import { expect, test } from "vitest"
import type { ReleaseManifest } from "../../../src/bundle/release-manifest.ts"
import { newDeviceKey, newTokenSecret } from "../../../src/fleet/secret.ts"
import { importRelease } from "../../../src/operations/import-release.ts"
import { sampleFailure } from "../../fleet/sample-release.ts"
import { accessibilityFaults, runDashboard, signedIn, useBrowser } from "../../support/dashboard.ts"
import type { TestServer } from "../../support/running-server.ts"
import { testBundle, testBundleFile } from "../../support/test-bundle.ts"

useBrowser()

const RELEASES = "/fleets/acme/edge/releases"

/** What would be more than text, were it put into the page as it is. */
const MARKUP = '<img/src=x/onerror="document.title=1"><b>bold</b>'

type Given = Partial<ReleaseManifest> & { isDraft?: boolean }

/** A fleet with releases, one after the other, and devices that follow it. */
async function setUp(releases: readonly Given[], devices = 0): Promise<TestServer & { ids: number[] }> {
  const server = await runDashboard()
  const { home } = server
  await home.fleets.createFleet({ slug: "acme/edge" }, home.change())
  const ids: number[] = []
  for (const { isDraft = false, ...release } of releases) {
    const bundle = await testBundleFile({ commit: randomBytes(20).toString("hex"), ...release }, { isDraft })
    ids.push((await importRelease(home, { fleet: "acme/edge", bundle })).release.id)
  }
  for (let at = 0; at < devices; at++) {
    const device = { uuid: randomBytes(16).toString("hex"), key: newDeviceKey(randomBytes) }
    await home.fleets.registerDevice("acme/edge", device, home.change())
  }
  return { ...server, ids }
}

const rowOf = (page: Page, version: string) =>
  page.getByRole("row").filter({ has: page.getByRole("link", { name: version, exact: true }) })

async function openAction(page: Page, version: string, action: string): Promise<void> {
  await page.getByRole("button", { name: `Actions of ${version}`, exact: true }).click()
  await page.getByRole("menuitem", { name: action }).click()
  await page.getByRole("menu").waitFor({ state: "detached" })
}

async function rowsOf(page: Page): Promise<string[]> {
  return page
    .getByRole("table", { name: "Releases of acme/edge" })
    .locator("tbody tr a[href*='/releases/']")
    .allTextContents()
}

test("lists releases with what each is, by words and not by color alone", async () => {
  const server = await setUp(
    [{ semver: "1.0.0" }, { semver: "1.1.0" }, { semver: "1.2.0", isDraft: true }],
    2,
  )
  const { home, ids } = server
  await home.fleets.pinFleet("acme/edge", ids[0] ?? 0, home.change())
  await home.fleets.recordUnsuccessfulRelease("acme/edge", sampleFailure("broken"), home.change())
  const page = await signedIn(server)
  await page.goto(RELEASES)
  await expect.poll(() => rowOf(page, "1.0.0").textContent()).toMatch(/target.*pinned by the fleet/)
  expect(await rowOf(page, "1.1.0").textContent()).toContain("latest")
  expect(await page.getByRole("row").filter({ hasText: "1.2.0-" }).textContent()).toContain("draft")
  expect(
    await page.getByRole("row").filter({ hasText: "the image of web is not there" }).textContent(),
  ).toContain("failed")
  await rowOf(page, "1.0.0").getByRole("link", { name: "2 devices target 1.0.0" }).waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
})

test("search and filters are the address: a link shows the same, and the way back leads to what was before", async () => {
  const server = await setUp([
    { semver: "1.0.0", note: "for the north" },
    { semver: "1.1.0", tags: { channel: "beta" } },
    { semver: "2.0.0", isDraft: true },
  ])
  const page = await signedIn(server)
  await page.goto(RELEASES)
  await expect.poll(() => rowsOf(page)).toHaveLength(3)
  await page.getByLabel("Drafts").selectOption("Final")
  await expect.poll(() => rowsOf(page)).toEqual(["1.1.0", "1.0.0"])
  await page.getByLabel("Search", { exact: true }).fill("north")
  await page.waitForURL((url) => url.searchParams.get("search") === "north")
  await expect.poll(() => rowsOf(page)).toEqual(["1.0.0"])
  const other = await signedIn(server)
  await other.goto(page.url())
  await expect.poll(() => rowsOf(other)).toEqual(["1.0.0"])
  await page.getByLabel("Search", { exact: true }).fill("nothing like it")
  await page.getByRole("button", { name: "Clear the filters" }).click()
  await expect.poll(() => rowsOf(page)).toHaveLength(3)
  await page.getByLabel("Tag").fill("channel=beta")
  await expect.poll(() => rowsOf(page)).toEqual(["1.1.0"])
  await page.goBack()
  await expect.poll(() => page.getByLabel("Search", { exact: true }).inputValue()).toBe("nothing like it")
  expect(await page.getByLabel("Tag").inputValue()).toBe("")
})

test("invalidating says which devices move and to what, before and after, and can be taken back", async () => {
  const server = await setUp([{ semver: "1.2.3" }, { semver: "1.3.0" }], 2)
  const page = await signedIn(server)
  await page.goto(RELEASES)
  await openAction(page, "1.3.0", "Invalidate")
  const dialog = page.getByRole("dialog", { name: "Invalidate 1.3.0" })
  const moves =
    "acme/edge tracks latest: its target moves from 1.3.0 (invalidated) to 1.2.3; 2 devices follow."
  await dialog.getByText(moves).waitFor()
  await dialog.getByText("1.2.3 is older than 1.3.0: devices go back to it.").waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  expect((await server.home.fleets.getFleet("acme/edge")).target?.version).toBe("1.3.0")
  await dialog.getByRole("button", { name: "Invalidate" }).click()
  await page.getByRole("alert").filter({ hasText: "1.3.0 is invalidated." }).getByText(moves).waitFor()
  await expect.poll(() => rowOf(page, "1.3.0").textContent()).toContain("invalidated")
  expect(await accessibilityFaults(page)).toEqual([])
  await page.getByRole("button", { name: "Undo" }).click()
  await expect.poll(() => rowOf(page, "1.3.0").textContent()).toMatch(/target.*latest/)
})

test("pins the fleet to a release by its menu, and finalizes a draft", async () => {
  const server = await setUp([{ semver: "1.2.3" }, { semver: "1.3.0" }, { semver: "1.4.0", isDraft: true }])
  const page = await signedIn(server)
  await page.goto(RELEASES)
  await openAction(page, "1.2.3", "Pin the fleet to it")
  await page.getByRole("dialog").getByRole("button", { name: "Pin", exact: true }).click()
  await expect.poll(() => rowOf(page, "1.2.3").textContent()).toContain("pinned by the fleet")
  const draft = /^1\.4\.0-\d+$/
  const version = (await page.getByRole("link", { name: draft }).textContent()) ?? ""
  await openAction(page, version, "Finalize")
  await page.getByRole("dialog").getByText("acme/edge is pinned to 1.2.3; no device moves.").waitFor()
  await page.getByRole("dialog").getByRole("button", { name: "Finalize" }).click()
  await expect.poll(() => rowOf(page, "1.4.0").textContent()).toContain("latest")
})

test("a release that is needed cannot be removed, and the dialog says by what; another one can", async () => {
  const server = await setUp([{ semver: "1.2.3" }, { semver: "1.3.0" }])
  const page = await signedIn(server)
  await page.goto(RELEASES)
  await openAction(page, "1.3.0", "Remove")
  await expect.poll(() => page.getByRole("dialog").getByRole("alert").textContent()).toContain("target")
  expect(await page.getByRole("dialog").getByRole("button", { name: "Remove" }).isDisabled()).toBe(true)
  await page.keyboard.press("Escape")
  await openAction(page, "1.2.3", "Remove")
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click()
  await expect.poll(() => rowsOf(page)).toEqual(["1.3.0"])
})

test("the bundle is downloaded to the byte", async () => {
  const commit = "c0ffee0c0ffee0c0ffee0c0ffee0c0ffee0c0ffe"
  const server = await setUp([{ semver: "1.2.3", commit }])
  const page = await signedIn(server)
  await page.goto(RELEASES)
  await page.getByRole("button", { name: "Actions of 1.2.3" }).click()
  const download = page.waitForEvent("download")
  await page.getByRole("menuitem", { name: "Download bundle" }).click()
  expect((await download).suggestedFilename()).toBe("edge-1.2.3.tar")
  const chunks: Uint8Array[] = []
  for await (const chunk of await (await download).createReadStream()) chunks.push(chunk)
  expect(Buffer.concat(chunks).equals(await testBundle({ semver: "1.2.3", commit }))).toBe(true)
})

test("whoever may only look is offered no change, and a deployer no removal", async () => {
  const server = await setUp([{ semver: "1.2.3" }])
  const tokenOf = async (role: "viewer" | "deployer") => {
    const secret = newTokenSecret(randomBytes)
    await server.home.access.createToken(
      { name: role, organization: "acme", role, secret },
      server.home.change(),
    )
    return secret
  }
  const viewer = await signedIn(server, { token: await tokenOf("viewer") })
  await viewer.goto(`${RELEASES}?import=true`)
  await viewer.getByRole("button", { name: "Actions of 1.2.3" }).click()
  expect(await viewer.getByRole("menuitem").allTextContents()).toEqual(["Download bundle"])
  expect(await viewer.getByRole("button", { name: "Import release" }).count()).toBe(0)
  expect(await viewer.getByRole("dialog").count()).toBe(0)
  const deployer = await signedIn(server, { token: await tokenOf("deployer") })
  await deployer.goto(RELEASES)
  await deployer.getByRole("button", { name: "Actions of 1.2.3" }).click()
  expect(await deployer.getByRole("menuitem").allTextContents()).toEqual([
    "Download bundle",
    "Pin the fleet to it",
    "Invalidate",
  ])
})

test("names with markup in note and tags are shown as they are", async () => {
  const server = await setUp([{ semver: "1.2.3-b.i", note: MARKUP, tags: { [MARKUP]: MARKUP } }])
  const page = await signedIn(server)
  for (const path of [RELEASES, `${RELEASES}/${server.ids[0]}`]) {
    await page.goto(path)
    await page.getByText(MARKUP, { exact: true }).waitFor()
    expect(await page.getByText(`${MARKUP}=${MARKUP}`).count()).toBe(1)
    expect(await page.locator("main img, main b").count()).toBe(0)
  }
  await page.goto(`${RELEASES}?import=true`)
  const file = await testBundleFile({ semver: "2.0.0-b.i", note: MARKUP, commit: "abcdef0" })
  await page.locator("input[type=file]").setInputFiles(file)
  await page.getByRole("dialog").getByText(MARKUP, { exact: true }).waitFor()
  expect(await page.locator("img, b").count()).toBe(0)
})

test("a fleet without releases says what to type", async () => {
  const page = await signedIn(await setUp([]))
  await page.goto(RELEASES)
  await page.getByText("waybill release create acme/edge -f compose.yml --version 1.0.0").waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
})
