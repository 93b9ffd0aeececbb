import { readFile, writeFile } from "node:fs/promises"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { makeSampleApplication } from "../../fixtures/sample-application/make.ts"
import { connect } from "../../src/client/connect.ts"
import type { Clock } from "../../src/http/clock.ts"
import { createRelease } from "../../src/operations/create-release.ts"
import { importRelease } from "../../src/operations/import-release.ts"
import { collectStoreGarbage, verifyStore } from "../../src/operations/maintain-store.ts"
import { systemClock } from "../../src/system-clock.ts"
import { Machine } from "../support/cli.ts"
import { blob, makeClient, pushImage } from "../support/registry/content.ts"
import { runRegistry } from "../support/running-registry.ts"
import { runServer } from "../support/running-server.ts"
import { bringBundle } from "../support/sample.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const MINUTE = 60_000
const slug = "site/edge"

/** A clock by which whoever waits for a minute or longer, of whom there is one, waits until the test has it pass. */
class PassingClock implements Clock {
  readonly now = systemClock.now
  readonly random = systemClock.random
  #passed = 0
  #due = 0
  #asleep = Promise.withResolvers<void>()
  #wake = () => {}

  readonly sleep = (milliseconds: number, signal?: AbortSignal): Promise<void> => {
    if (milliseconds < MINUTE) return systemClock.sleep(milliseconds, signal)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true })
    this.#due = this.#passed + milliseconds
    this.#wake = resolve
    this.#asleep.resolve()
    return promise
  }

  /** Until whatever was to be done after so long is done. */
  async pass(milliseconds: number): Promise<void> {
    await this.#asleep.promise
    this.#passed += milliseconds
    if (this.#passed < this.#due) return
    this.#asleep = Promise.withResolvers()
    this.#wake()
    await this.#asleep.promise
  }
}

/** A server with an empty fleet, somebody who works on it, and eight minutes in which nothing is sent. */
async function setUp() {
  const now = new Date()
  const { url, token, home } = await runServer({ now })
  await home.fleets.createFleet({ slug }, home.change())
  const clock = new PassingClock()
  const remote = await connect({ url, token, clock })
  onTestFinished(() => remote.close())
  const stall = async () => {
    for (let passed = 0; passed < 8; passed++) {
      now.setTime(now.getTime() + MINUTE)
      await clock.pass(MINUTE)
    }
    return await collectStoreGarbage(home, { grace: 5 * MINUTE })
  }
  return { home, remote, stall }
}

/** A registry that has another in front of it, which does something before it passes on what is read. Returns its host. */
async function runFront(host: string, before: (path: string) => Promise<void>): Promise<string> {
  const pass = async ({ method = "", url = "", headers }: IncomingMessage, response: ServerResponse) => {
    if (method === "GET") await before(url)
    const { accept = "*/*" } = headers
    const answer = await fetch(`http://${host}${url}`, { method, headers: { accept } })
    const names = ["content-type", "content-length", "docker-content-digest"]
    const passed = names.flatMap((name) =>
      answer.headers.has(name) ? [[name, answer.headers.get(name) ?? ""]] : [],
    )
    response.writeHead(answer.status, Object.fromEntries(passed)).end(Buffer.from(await answer.arrayBuffer()))
  }
  const server = createServer((request, response) => void pass(request, response))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

test.for([
  ["what it brought", false],
  ["what it mounted", true],
] as const)(
  "an import through a server keeps %s, however long its pipe is silent",
  async ([, isElsewhere]) => {
    const { home, remote, stall } = await setUp()
    const { file } = await bringBundle(await Machine.create())
    if (isElsewhere) {
      await home.fleets.createFleet({ slug: "site/other" }, home.change())
      await importRelease(home, { fleet: "site/other", bundle: file })
    }
    const bytes = await readFile(file)
    const stalling = async function* () {
      yield bytes.subarray(0, -1024)
      expect((await stall()).removed).toEqual([])
      yield bytes.subarray(-1024)
    }
    const { warnings } = await importRelease(remote, { fleet: slug, bundle: stalling() })
    expect(warnings).toEqual([])
    expect((await verifyStore(home)).damaged).toEqual([])
  },
)

test("a release that is created through a server keeps the first image while the second is waited for", async () => {
  const { home, remote, stall } = await setUp()
  const folder = await temporaryFolder()
  await makeSampleApplication(folder, { size: 100_000 })
  const registry = await runRegistry()
  const client = makeClient()
  await pushImage(client.repository(registry.host, "acme/other"), [blob(300)], "1")
  await client.close()
  const collected: Awaited<ReturnType<typeof stall>>[] = []
  const host = await runFront(registry.host, async (path) => {
    if (path.includes("/manifests/sha256:")) collected.push(await stall())
  })
  const composeFile = join(folder, "compose.yml")
  await writeFile(
    composeFile,
    `services: { db: { image: "oci:images:db" }, other: { image: "${host}/acme/other:1" } }`,
  )
  const { release } = await createRelease(remote, { fleet: slug, composeFile })
  const [first] = collected
  expect(first?.removed).toEqual([])
  expect(first?.kept.count).toBeGreaterThan(1)
  expect(release.services.map(({ name }) => name)).toEqual(["db", "other"])
  expect((await verifyStore(home)).damaged).toEqual([])
})
