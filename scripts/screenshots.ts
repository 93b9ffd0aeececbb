import { randomBytes } from "node:crypto"
import { mkdir, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { chromium } from "playwright-core"
import { makeSampleApplication } from "../fixtures/sample-application/make.ts"
import { createRelease } from "../src/operations/create-release.ts"
import { openHome } from "../src/operations/home.ts"
import { startServer } from "../src/server/server.ts"
import { systemClock } from "../src/system-clock.ts"

// Makes the pictures of docs/dashboard.md: `make screenshots`, after a change of what the pages look like.

const ROOT = join(import.meta.dirname, "..")
const IMAGES = join(ROOT, "docs", "images")
const FLEET = "acme/edge"

/** What is shown, and what is done there first. */
const PICTURES: { name: string; path: string; act?: (page: Page) => Promise<unknown> }[] = [
  { name: "fleets", path: "/fleets" },
  { name: "summary", path: `/fleets/${FLEET}` },
  {
    name: "pin-to-release",
    path: `/fleets/${FLEET}/settings`,
    act: async (page) => {
      await page.getByRole("button", { name: "Pin to release" }).click()
      await page.getByRole("radio", { name: /^1\.2\.3/ }).click()
      await page.getByText(/move from/).waitFor()
    },
  },
  { name: "releases", path: `/fleets/${FLEET}/releases` },
  { name: "devices", path: `/fleets/${FLEET}/devices` },
]

type Page = Awaited<ReturnType<Awaited<ReturnType<typeof chromium.launch>>["newPage"]>>

const work = await mkdtemp(join(tmpdir(), "waybill-screenshots-"))
await using cleaning = new AsyncDisposableStack()
cleaning.defer(() => rm(work, { recursive: true }))
const home = await openHome({ path: join(work, "home"), clock: systemClock, actor: "ci" })
cleaning.defer(() => home.close())
await seed()

let secret = ""
const server = await startServer({
  home,
  random: randomBytes,
  version: "0.0.0",
  listen: { host: "127.0.0.1", port: 0 },
  dashboard: join(ROOT, "dist", "dashboard"),
  onFirstToken: (token) => {
    secret = token
  },
})
cleaning.defer(() => server.stop())
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] })
cleaning.defer(() => browser.close())

await mkdir(IMAGES, { recursive: true })
const context = await browser.newContext({ baseURL: server.url, viewport: { width: 1200, height: 640 } })
await context.request.post("/api/v1/session", { data: { secret } })
for (const { name, path, act } of PICTURES) {
  const page = await context.newPage()
  await page.goto(path)
  await page.getByText("live", { exact: true }).waitFor()
  await page.locator("[aria-busy=true]").waitFor({ state: "detached" })
  await act?.(page)
  await page.screenshot({ path: join(IMAGES, `${name}.png`), animations: "disabled" })
  await page.close()
}

/** A fleet of a dozen presses, one of which is ahead of the others. */
async function seed(): Promise<void> {
  const { fleets } = home
  await fleets.createFleet({ slug: FLEET }, home.change())
  await fleets.createFleet({ slug: "acme/line-2" }, home.change())
  const { composeFile } = await makeSampleApplication(join(work, "application"))
  const create = async (version: string, note: string, isDraft = false) => {
    const commit = Buffer.from(version.padEnd(20, "waybill")).toString("hex")
    return (
      await createRelease(home, {
        fleet: FLEET,
        composeFile,
        version,
        note,
        commit,
        isDraft,
        tags: { channel: "stable" },
      })
    ).release
  }
  await create("1.2.2", "first of the line")
  const tested = await create("1.2.3", "the tested one")
  const latest = await create("1.3.0", "faster start")
  await create("1.4.0", "to be tried on press 12", true)
  const names = Array.from({ length: 12 }, (_, at) => `press ${at + 1}`)
  for (const [at, name] of names.entries()) {
    const uuid = Buffer.from(name.padEnd(16, "#")).toString("hex")
    await fleets.registerDevice(
      FLEET,
      { uuid, name, key: `wbd_${Buffer.from(name.padEnd(32, "#")).toString("base64url")}` },
      home.change(),
    )
    await fleets.tagDevices([uuid], { hall: String((at % 3) + 1) }, home.change())
    const now = home.now()
    if (at < 9) await fleets.reportRelease(uuid, at < 7 ? latest.commit : tested.commit, { now })
    if (at === 11) await fleets.pinDevices([uuid], tested.id, home.change())
  }
}
