import { type Browser, chromium, type Page } from "playwright-core"
import { MOST, weighDashboard, weighLoaded } from "../test/support/dashboard-size.ts"
import { WATCH } from "./dashboard-watch.ts"
import { median } from "./measure.ts"
import type { RunningServer } from "./running-server.ts"
import { seedFleet } from "./seeded-fleet.ts"
import { addRow, printMegabytes } from "./table.ts"

const RUNS = 7
/** Until a page shows what it is for, and until a list shows something else, in milliseconds. */
const MOST_PAINT = 1000
const MOST_CHANGE = 300

interface Opened {
  what: string
  path: string
  /** A text that is there as soon as the page shows what it is for. */
  useful: string
  /** What of the API the page waits for. */
  asks: string
}

const FLEET = "/fleets/acme/edge"
const DEVICES = "devices?fleet=acme/edge&count=true&limit=50"
const RELEASES = "fleets/acme/edge/releases?with=use&count=true&limit=50"

const DEVICES_PAGE: Opened = {
  what: "devices",
  path: `${FLEET}/devices`,
  useful: "table[aria-label='Devices of acme/edge'] tbody a",
  asks: DEVICES,
}
const RELEASES_PAGE: Opened = {
  what: "releases",
  path: `${FLEET}/releases`,
  useful: "table[aria-label='Releases of acme/edge'] tbody a",
  asks: RELEASES,
}

const PAGES: readonly Opened[] = [
  { what: "sign-in", path: "/sign-in", useful: "h1", asks: "principal" },
  { what: "fleets", path: "/fleets", useful: "table tbody a", asks: "fleet-overviews?count=true&limit=50" },
  {
    what: "summary of a fleet",
    path: FLEET,
    useful: "section[aria-label=Rollout] ul",
    asks: "fleets/acme/edge/rollout",
  },
  DEVICES_PAGE,
  RELEASES_PAGE,
]

/** What somebody does to a list, one after the other on one page, each for the first time. */
const CHANGES: readonly (Opened & { name: string; act: (page: Page) => Promise<unknown> })[] = [
  {
    ...DEVICES_PAGE,
    name: "filter",
    asks: `${DEVICES}&policy=pinned`,
    act: async (page) => {
      await page.getByRole("button", { name: "Filters" }).click()
      await page.getByLabel("Release policy").selectOption("pinned")
    },
  },
  {
    ...DEVICES_PAGE,
    name: "order",
    asks: `${DEVICES}&policy=pinned&sort=name`,
    act: (page) => page.getByRole("button", { name: "Name", exact: true }).click(),
  },
  {
    ...DEVICES_PAGE,
    name: "page",
    asks: `${DEVICES}&policy=pinned&sort=name&offset=50`,
    act: (page) => page.getByRole("button", { name: "Next" }).click(),
  },
  {
    ...RELEASES_PAGE,
    name: "order",
    asks: `${RELEASES}&sort=version`,
    act: (page) => page.getByRole("button", { name: "Release", exact: true }).click(),
  },
  {
    ...RELEASES_PAGE,
    name: "page",
    asks: `${RELEASES}&sort=version&offset=50`,
    act: (page) => page.getByRole("button", { name: "Next" }).click(),
  },
  {
    ...RELEASES_PAGE,
    name: "filter",
    asks: `${RELEASES}&sort=version&draft=false`,
    act: (page) => page.getByLabel("Drafts").selectOption("false"),
  },
]

/** What a browser loads of the dashboard, and how long somebody waits for a page and for a change of a list. */
export async function benchDashboard(server: RunningServer): Promise<void> {
  await seedFleet(server)
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] })
  try {
    await benchSize(browser, server)
    for (const opened of PAGES) await benchPage(browser, server, opened)
    for (const opened of [DEVICES_PAGE, RELEASES_PAGE]) await benchChanges(browser, server, opened)
  } finally {
    await browser.close()
  }
}

async function benchSize(browser: Browser, server: RunningServer): Promise<void> {
  const { javascript, css } = await weighDashboard()
  const page = await browser.newPage({ baseURL: server.url })
  const loaded = weighLoaded(page)
  await page.goto("/")
  await page.getByLabel("Token").fill(server.token)
  await page.getByRole("button", { name: "Sign in" }).click()
  await page.getByRole("link", { name: "acme/edge" }).waitFor()
  addSize("all JavaScript", javascript, MOST.javascript)
  addSize("all styles", css, MOST.css)
  addSize("JavaScript of sign-in and fleets", await loaded(), MOST.firstPage)
  await page.close()
}

function addSize(what: string, bytes: number, most: number): void {
  const print = (size: number) => `${(size / 1000).toFixed(1)} kB`
  addRow({ what: `dashboard: ${what}, gzipped`, waybill: print(bytes), target: print(most) })
}

async function benchPage(browser: Browser, server: RunningServer, opened: Opened): Promise<void> {
  const times: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const { page, wait } = await open(browser, server, opened)
    times.push(await wait())
    await page.context().close()
  }
  await addTime(server, `dashboard: ${opened.what}`, times, opened.asks, MOST_PAINT)
}

async function benchChanges(browser: Browser, server: RunningServer, opened: Opened): Promise<void> {
  const changes = CHANGES.filter(({ what }) => what === opened.what)
  const times = changes.map((): number[] => [])
  for (let run = 0; run < RUNS; run++) {
    const { page, wait } = await open(browser, server, opened)
    await wait()
    for (const [at, { act }] of changes.entries()) {
      await act(page)
      times[at]?.push(await wait())
    }
    await page.context().close()
  }
  for (const [at, { name, asks }] of changes.entries()) {
    await addTime(server, `dashboard: ${opened.what}, another ${name}`, times[at] ?? [], asks, MOST_CHANGE)
  }
}

/** Opens a page in a browser that has nothing of it yet. `wait` gives the milliseconds until it showed something, and something else. */
async function open(browser: Browser, { url, token }: RunningServer, { path, useful }: Opened) {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1280, height: 800 } })
  await context.addInitScript({ content: WATCH.replace("USEFUL", JSON.stringify(useful)) })
  await context.request.post("/api/v1/session", { data: { secret: token } })
  const page = await context.newPage()
  await page.goto(path, { waitUntil: "commit" })
  let seen = 0
  return { page, wait: () => page.evaluate<number>(`shownAt(${seen++})`) }
}

/** Beside the time that the API alone takes to answer what the page asks. */
async function addTime(
  server: RunningServer,
  what: string,
  times: readonly number[],
  asks: string,
  most: number,
): Promise<void> {
  const bare: number[] = []
  for (let run = 0; run < RUNS; run++) bare.push(await answerTime(server, asks))
  addRow({
    what: `${what}, ${server.place.kind}`,
    waybill: `${median(times).toFixed(0)} ms`,
    peer: `${median(bare).toFixed(1)} ms  the API alone`,
    target: `${most} ms`,
    memory: printMegabytes(server.memory()),
  })
}

async function answerTime({ url, token }: RunningServer, asks: string): Promise<number> {
  const started = performance.now()
  const answer = await fetch(`${url}/api/v1/${asks}`, { headers: { authorization: `Bearer ${token}` } })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${asks}: ${answer.status} ${text}`)
  return performance.now() - started
}
