import { mkdir, readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { afterAll, beforeAll, expect, onTestFinished } from "vitest"
import { runServer, type TestServer } from "./running-server.ts"

/** As `make build` leaves it. */
const DASHBOARD = fileURLToPath(new URL("../../dist/dashboard", import.meta.url))
const SCREENSHOTS = fileURLToPath(new URL("../../.cache/screenshots", import.meta.url))
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js")

/** Longer than a page that works takes on a machine that is busy, in milliseconds. */
const PATIENCE = 15_000

let browser: Browser | undefined

/** Starts a browser for the tests of a file. */
export function useBrowser(): void {
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] })
  })
  afterAll(() => browser?.close())
}

/** Runs a server that has the dashboard, on a new home, until the test ends. */
export function runDashboard(options: Parameters<typeof runServer>[0] = {}): Promise<TestServer> {
  return runServer({ dashboard: DASHBOARD, ...options })
}

/** A browser of somebody who is not signed in. Whatever the page itself does wrong fails the test. */
export async function openPage(
  server: Pick<TestServer, "url">,
  options: BrowserContextOptions = {},
): Promise<Page> {
  if (browser === undefined) throw new Error("the tests of this file have no browser: see useBrowser")
  const context = await browser.newContext({ baseURL: server.url, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE)
  const faults: string[] = []
  page.on("pageerror", (error) => faults.push(error.message))
  page.on("console", (message) => {
    // That a request was refused the page itself has to tell; the rest would be what its own policy forbids, or React finds.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      faults.push(message.text())
  })
  onTestFinished(async ({ task }) => {
    // Before the page is closed, which `onTestFailed` would come after.
    if (task.result?.state === "fail") await takeScreenshot(page, task.name)
    await context.close()
    expect(faults).toEqual([])
  })
  return page
}

async function takeScreenshot(page: Page, name: string): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true })
  await page
    .screenshot({ path: join(SCREENSHOTS, `${name.replace(/\W+/g, "-")}.png`) })
    .catch(() => undefined)
}

/** A browser of whoever has a token. Default: the administrator. */
export async function signedIn(
  server: Pick<TestServer, "url" | "token">,
  { token = server.token, ...options }: BrowserContextOptions & { token?: string } = {},
): Promise<Page> {
  const page = await openPage(server, options)
  const answer = await page.request.post("/api/v1/session", { data: { secret: token } })
  expect(answer.status()).toBe(200)
  return page
}

/** What axe finds against the rules of accessibility on a page as it is, dialogs included. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // Not as a script of the page, which its own policy would forbid.
  await page.evaluate(await readFile(AXE, "utf8"))
  return page.evaluate(async () => {
    // biome-ignore lint/suspicious/noExplicitAny: it has been put there one line above.
    const { violations } = await (globalThis as any).axe.run({ resultTypes: ["violations"] })
    return violations.map(
      (each: { id: string; nodes: { html: string }[] }) =>
        `${each.id}: ${each.nodes.map(({ html }) => html).join(" ")}`,
    )
  })
}
