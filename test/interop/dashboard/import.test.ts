import { readFile } from "node:fs/promises"
import type { Page } from "playwright-core"
import { expect, onTestFinished, test } from "vitest"
import { BrokenNetwork } from "../../support/broken-network.ts"
import { accessibilityFaults, runDashboard, signedIn, useBrowser } from "../../support/dashboard.ts"
import { runRegistry } from "../../support/running-registry.ts"
import type { TestServer } from "../../support/running-server.ts"
import { testBundle, testBundleFile } from "../../support/test-bundle.ts"

useBrowser()

const RELEASES = "/fleets/acme/edge/releases"

/** Of the layer that is sent in the tests of uploads that break, in bytes. */
const LAYER = 8_000_000

async function setUp({ registry }: { registry?: string } = {}): Promise<TestServer> {
  const server = await runDashboard()
  await server.home.fleets.createFleet({ slug: "acme/edge", registry }, server.home.change())
  return server
}

async function openImport(server: Pick<TestServer, "url" | "token">): Promise<Page> {
  const page = await signedIn(server)
  await page.goto(RELEASES)
  await page.getByRole("button", { name: "Import release" }).click()
  await page.getByText("Drop a bundle here").waitFor()
  return page
}

const choose = (page: Page, file: string) => page.locator("input[type=file]").setInputFiles(file)

const start = (page: Page) => page.getByRole("button", { name: "Import", exact: true }).click()

/** The bytes at which parts of blobs began. */
function partsOf(page: Page): number[] {
  const parts: number[] = []
  page.on("request", (request) => {
    if (request.method() === "PATCH")
      parts.push(Number.parseInt(request.headers()["content-range"] ?? "", 10))
  })
  return parts
}

const releasesOf = ({ home }: TestServer) => home.fleets.listReleases("acme/edge")

test("imports a bundle that is chosen: says what is inside and what would move, then what moved", async () => {
  const server = await setUp()
  const page = await openImport(server)
  expect(await accessibilityFaults(page)).toEqual([])
  await choose(page, await testBundleFile({ note: "the tested one" }))
  const services = page.getByRole("table", { name: "Services of the bundle" })
  await expect
    .poll(() => services.getByRole("row").allTextContents())
    .toContainEqual(expect.stringMatching(/^apilinux\/amd64, linux\/arm64[\d.]+ kB$/))
  await page.getByText("its target moves from none to 1.2.3; 0 devices follow.").waitFor()
  expect(await releasesOf(server)).toEqual([])
  expect(await accessibilityFaults(page)).toEqual([])
  await start(page)
  await page.getByText("1.2.3 is recorded").waitFor()
  await page.getByText("its target moves from none to 1.2.3; 0 devices follow.").waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  expect(await releasesOf(server)).toMatchObject([{ status: "success", revision: 0 }])
  await page.getByRole("button", { name: "Show the release" }).click()
  await page.getByRole("heading", { name: "1.2.3" }).waitFor()
})

test("imports a bundle that is dropped, under another version, as a draft", async () => {
  const server = await setUp()
  const page = await openImport(server)
  const bytes = (await testBundle()).toString("base64")
  const dataTransfer = await page.evaluateHandle((text) => {
    // biome-ignore lint/suspicious/noExplicitAny: of the browser.
    const transfer = new (globalThis as any).DataTransfer()
    transfer.items.add(new File([Uint8Array.from(atob(text), (each) => each.charCodeAt(0))], "release.tar"))
    return transfer
  }, bytes)
  await page.getByTestId("drop").dispatchEvent("drop", { dataTransfer })
  await page.getByLabel("Version in this fleet").fill("2.0.0")
  await page.getByLabel("Draft: nothing moves").check()
  await page.getByText(/It becomes 2\.0\.0-\d+\./).waitFor()
  await page.getByText("its target stays none; no device moves.").waitFor()
  await start(page)
  await page.getByText("is recorded as a draft").waitFor()
  expect(await releasesOf(server)).toMatchObject([{ revision: null, version: { major: 2 } }])
})

test("a version that the fleet cannot take is refused before anything is sent, and what was typed stays", async () => {
  const page = await openImport(await setUp())
  await choose(page, await testBundleFile())
  await page.getByLabel("Version in this fleet").fill("two")
  await expect.poll(() => page.getByRole("alert").textContent()).toContain("two")
  expect(await page.getByRole("button", { name: "Import", exact: true }).isDisabled()).toBe(true)
  await page.getByLabel("Version in this fleet").fill("2.0.0")
  await page.getByText("It becomes 2.0.0.").waitFor()
  expect(await page.getByRole("alert").count()).toBe(0)
})

test("imports into a fleet whose images another registry keeps, by way of the server", async () => {
  const registry = await runRegistry()
  const server = await setUp({ registry: registry.host })
  const page = await openImport(server)
  await choose(page, await testBundleFile())
  await start(page)
  await page.getByText("1.2.3 is recorded").waitFor()
  const [release] = await releasesOf(server)
  const index = await fetch(`http://${registry.host}/v2/acme/edge/manifests/${release?.index?.digest}`)
  expect(index.status).toBe(200)
})

test("sends the bundle whole where something between does not let uploads of blobs through", async () => {
  const server = await setUp()
  const page = await openImport(server)
  await page.route("**/v2/**", (route) => route.fulfill({ status: 404, body: "<h1>Not Found</h1>" }))
  await choose(page, await testBundleFile())
  await start(page)
  await page.getByText("1.2.3 is recorded").waitFor()
  expect(await releasesOf(server)).toHaveLength(1)
})

test("an upload whose connection is cut in the middle of a blob goes on by itself", async () => {
  const server = await setUp()
  const network = await BrokenNetwork.before(server.url)
  const page = await openImport({ ...server, url: network.url })
  await choose(page, await testBundleFile({}, { layerSize: LAYER }))
  await page.getByText("have to be sent").waitFor()
  network.cutAfter(LAYER / 4)
  await start(page)
  await page.getByText("1.2.3 is recorded").waitFor()
  expect(await releasesOf(server)).toHaveLength(1)
})

test("while the server is away an import waits, and goes on where it was when it is back", async () => {
  const server = await setUp()
  const network = await BrokenNetwork.before(server.url)
  const page = await openImport({ ...server, url: network.url })
  const parts = partsOf(page)
  await choose(page, await testBundleFile({}, { layerSize: LAYER }))
  await page.getByText("have to be sent").waitFor()
  network.cutAfter(LAYER / 4, { isAway: true })
  const large = page.waitForRequest((request) => request.headers()["content-range"] === `0-${LAYER - 1}`)
  await start(page)
  const { pathname } = new URL((await large).url())
  await page.getByText("It waits for the server").waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  await expect.poll(() => keptOf(server, pathname)).toBeGreaterThan(0)
  network.mend()
  await page.getByText("1.2.3 is recorded").waitFor()
  expect(parts.filter((first) => first > 0)).not.toEqual([])
})

test("an import goes on after a reload, which asks first, with the same file", async () => {
  const server = await setUp()
  const network = await BrokenNetwork.before(server.url)
  const page = await openImport({ ...server, url: network.url })
  const file = await testBundleFile({}, { layerSize: LAYER })
  await choose(page, file)
  await page.getByText("have to be sent").waitFor()
  network.stallAfter(LAYER / 4)
  const large = page.waitForRequest((request) => request.headers()["content-range"] === `0-${LAYER - 1}`)
  await start(page)
  const { pathname } = new URL((await large).url())
  await expect.poll(() => keptOf(server, pathname)).toBeGreaterThan(0)
  const asked = page.waitForEvent("dialog").then((dialog) => dialog.accept().then(() => dialog.type()))
  await page.reload()
  expect(await asked).toBe("beforeunload")
  network.mend()
  const parts = partsOf(page)
  await page.getByText("The import of 1.2.3 has not ended").waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  await choose(page, file)
  await page.getByText("1.2.3 is recorded").waitFor()
  expect(parts.some((first) => first > 0)).toBe(true)
  expect(await releasesOf(server)).toHaveLength(1)
})

test("leaving the page asks while an import is under way; cancelled, nothing of it is left", async () => {
  const server = await setUp()
  const network = await BrokenNetwork.before(server.url)
  const page = await openImport({ ...server, url: network.url })
  await choose(page, await testBundleFile({}, { layerSize: LAYER }))
  await page.getByText("have to be sent").waitFor()
  network.stallAfter(LAYER / 4)
  await start(page)
  await expect.poll(() => uploadedOf(page)).toBeGreaterThan(10)
  await page.keyboard.press("Escape")
  await page.getByRole("dialog", { name: "Stop the import?" }).waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  await page.getByRole("button", { name: "Stay" }).click()
  const given = page.waitForRequest(
    (request) => request.method() === "DELETE" && request.url().includes("/uploads/"),
  )
  await page.getByRole("button", { name: "Cancel the import" }).click()
  await page.getByText("Nothing was recorded.").waitFor()
  await given
  expect(await releasesOf(server)).toEqual([])
  await page.getByRole("button", { name: "Choose another" }).click()
  await page.getByText("Drop a bundle here").waitFor()
  expect(await page.getByText("has not ended").count()).toBe(0)
})

test("who cancels while the release is being recorded is not told that nothing was", async () => {
  const server = await setUp()
  const page = await openImport(server)
  const { promise: isAnswered, resolve: answer } = Promise.withResolvers<void>()
  onTestFinished(() => answer())
  await page.route(/\/bundles\?.*content=head/, async (route) => {
    await route.fetch()
    await isAnswered
    await route.abort()
  })
  await choose(page, await testBundleFile())
  await page.getByText("have to be sent").waitFor()
  await start(page)
  await expect.poll(() => releasesOf(server)).toHaveLength(1)
  await page.getByRole("button", { name: "Cancel the import" }).click()
  await page.getByText("the list of releases says whether it was recorded").waitFor()
  expect(await page.getByText("Nothing was recorded").count()).toBe(0)
})

test("a hostile bundle is refused by its entry, and nothing is recorded", async () => {
  const server = await setUp()
  const page = await openImport(server)
  const good = await testBundle()
  await chooseBytes(page, Buffer.concat([good.subarray(0, 1024), good.subarray(2048)]))
  await expect
    .poll(() => page.getByRole("alert").textContent())
    .toMatch(/This bundle is refused.*(index\.json|byte \d+)/)
  await chooseBytes(page, good.subarray(0, good.length - 2048))
  await expect.poll(() => page.getByRole("alert").textContent()).toContain("it was cut off")
  await page.getByRole("button", { name: "Choose another" }).click()
  const large = await readFile(await testBundleFile({}, { layerSize: LAYER }))
  large.fill(0, LAYER / 2, LAYER / 2 + 100)
  await chooseBytes(page, large)
  await page.getByText("have to be sent").waitFor()
  await start(page)
  await expect
    .poll(() => page.getByRole("alert").textContent())
    .toMatch(/Nothing was recorded.*blobs\/sha256\/[0-9a-f]{64}/)
  expect(await accessibilityFaults(page)).toEqual([])
  expect(await releasesOf(server)).toEqual([])
  expect(await page.getByRole("button", { name: "Go on" }).count()).toBe(0)
  await page.reload()
  await page.getByText("Drop a bundle here").waitFor()
  expect(await page.getByText("has not ended").count()).toBe(0)
})

test("a bundle that is there already changes nothing, and the page says so before and after", async () => {
  const server = await setUp()
  const page = await openImport(server)
  const file = await testBundleFile()
  for (const expected of ["1.2.3 is recorded", "acme/edge had 1.2.3 already: nothing changed"]) {
    await choose(page, file)
    await start(page)
    await page.getByText(expected).waitFor()
    await page.getByRole("button", { name: "Close" }).last().click()
    await page.getByRole("button", { name: "Import release" }).click()
  }
  expect(await releasesOf(server)).toHaveLength(1)
})

const chooseBytes = (page: Page, buffer: Buffer) =>
  page
    .locator("input[type=file]")
    .setInputFiles({ name: "release.tar", mimeType: "application/x-tar", buffer })

/** The last byte that the server has of an upload. */
async function keptOf({ url, token }: TestServer, path: string): Promise<number> {
  const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } })
  return Number(answer.headers.get("range")?.split("-")[1])
}

/** How far the bar is. */
async function uploadedOf(page: Page): Promise<number> {
  return Number(await page.getByRole("progressbar", { name: "Sent" }).getAttribute("aria-valuenow"))
}
