import { randomBytes } from "node:crypto"
import { expect, test } from "vitest"
import type { ReleaseManifest } from "../../../src/bundle/release-manifest.ts"
import { newDeviceKey } from "../../../src/fleet/secret.ts"
import { importRelease } from "../../../src/operations/import-release.ts"
import { accessibilityFaults, runDashboard, signedIn, useBrowser } from "../../support/dashboard.ts"
import { testBundleFile } from "../../support/test-bundle.ts"

useBrowser()

type Given = Partial<ReleaseManifest> & { layerSize?: number }

async function setUp(releases: readonly Given[]) {
  const server = await runDashboard()
  const { home } = server
  await home.fleets.createFleet({ slug: "acme/edge" }, home.change())
  const ids: number[] = []
  for (const { layerSize = 512, ...release } of releases) {
    const bundle = await testBundleFile(
      { commit: randomBytes(20).toString("hex"), ...release },
      { layerSize },
    )
    ids.push((await importRelease(home, { fleet: "acme/edge", bundle })).release.id)
  }
  const device = { uuid: randomBytes(16).toString("hex"), name: "press 4", key: newDeviceKey(randomBytes) }
  await home.fleets.registerDevice("acme/edge", device, home.change())
  return { server, page: await signedIn(server), ids }
}

const pathOf = (id: number | undefined) => `/fleets/acme/edge/releases/${id}`

const composition = (environment: Record<string, string>, ports: string[]) => ({
  services: { web: { restart: "always", environment, ports }, api: {}, cron: {}, none: {}, "web-spare": {} },
})

test("shows services by digest with platforms, sizes, shared layers and how to pull them", async () => {
  const { server, page, ids } = await setUp([{ note: "the tested one" }])
  const [release] = await server.home.fleets.listReleases("acme/edge")
  const { services } = await server.home.fleets.getRelease(release?.id ?? 0)
  const digest = services.find(({ name }) => name === "api")?.digest ?? ""
  await page.goto(pathOf(ids[0]))
  const row = page
    .getByRole("table", { name: "Services of 1.2.3" })
    .getByRole("row")
    .filter({ hasText: "api" })
  await expect
    .poll(() => row.textContent())
    .toMatch(/linux\/amd64 6\.60 kB.*linux\/arm64 6\.60 kB.*5\.00 kB in 1 layer/)
  await row.getByTitle(`docker pull ${new URL(server.url).host}/acme/edge@${digest}`).waitFor()
  const layers = page.getByRole("table", { name: "Shared layers" })
  expect(await layers.getByRole("row").nth(1).textContent()).toMatch(/5\.00 kBapi, web, web-spare/)
  await page.getByText("the tested one").waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
})

test("shows the compose file, which devices should run it, and what was done", async () => {
  const { page, ids } = await setUp([{ composition: composition({ MODE: "test" }, []) }])
  await page.goto(pathOf(ids[0]))
  const tabs = page.getByRole("tablist", { name: "Release 1.2.3" })
  await tabs.getByRole("tab", { name: "Compose file" }).click()
  await page.getByText("MODE: test").waitFor()
  expect(new URL(page.url()).searchParams.get("tab")).toBe("compose")
  expect(await accessibilityFaults(page)).toEqual([])
  await tabs.getByRole("tab", { name: "Devices" }).click()
  await page
    .getByRole("table", { name: "Devices: target it" })
    .getByRole("link", { name: "press 4" })
    .waitFor()
  await page.getByText("No device said that it runs 1.2.3.").waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  await tabs.getByRole("tab", { name: "History" }).click()
  await page.getByRole("table", { name: "History of the release" }).getByText("imported release").waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  await page.goBack()
  await page.getByText("No device said that it runs 1.2.3.").waitFor()
})

test("compares two releases: services, environment, ports, and the bytes that have to move", async () => {
  const { page, ids } = await setUp([
    { semver: "1.2.3", composition: composition({ LEVEL: "info" }, ["80:8080"]) },
    {
      semver: "1.3.0",
      composition: composition({ LEVEL: "debug", NEW: "1" }, ["81:8080"]),
      layerSize: 20_000,
    },
  ])
  await page.goto(pathOf(ids[1]))
  await page.getByRole("combobox", { name: "Compare with" }).click()
  await page.getByRole("option", { name: "1.2.3" }).click()
  await page.getByRole("heading", { name: "From 1.2.3 to 1.3.0" }).waitFor()
  await page.getByText(/^20\.\d kB in 3 blobs have to move where 1\.2\.3 is; /).waitFor()
  const rows = (name: string) => page.getByRole("table", { name }).getByRole("row").allTextContents()
  expect((await rows("Services that differ")).slice(1)).toEqual([
    expect.stringMatching(/^webchanged/),
    expect.stringMatching(/^web-sparechanged/),
  ])
  expect((await rows("Environment that differ")).slice(1)).toEqual(["webLEVELinfodebug", "webNEWnot there1"])
  expect((await rows("Ports that differ")).slice(1)).toEqual([expect.stringContaining("80:8080")])
  expect(await accessibilityFaults(page)).toEqual([])
  await page.getByRole("link", { name: "The other way round" }).click()
  await page.getByRole("heading", { name: "From 1.3.0 to 1.2.3" }).waitFor()
})

test("a release that is not there says so, and leads back", async () => {
  const { page } = await setUp([])
  await page.goto(pathOf(4711))
  await page.getByRole("heading", { name: "It is not there" }).waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
})

test("at 360 pixels nothing of a release is wider than the page, in the dark too", async () => {
  const { server, ids } = await setUp([{ note: "word ".repeat(60) }])
  const page = await signedIn(server, { viewport: { width: 360, height: 740 }, colorScheme: "dark" })
  for (const path of [
    pathOf(ids[0]),
    "/fleets/acme/edge/releases",
    "/fleets/acme/edge/releases?import=true",
  ]) {
    await page.goto(path)
    await page.getByRole("heading", { level: 1 }).waitFor()
    await page.getByRole("table").first().waitFor()
    expect(
      await page.locator("html").evaluate((html: { scrollWidth: number }) => html.scrollWidth),
    ).toBeLessThanOrEqual(360)
    expect(await accessibilityFaults(page)).toEqual([])
  }
})
