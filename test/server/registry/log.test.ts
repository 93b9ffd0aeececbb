import { randomBytes } from "node:crypto"
import { truncate } from "node:fs/promises"
import { expect, onTestFinished, test, vi } from "vitest"
import { Bundle } from "../../../src/bundle/bundle.ts"
import { bundleRepositories } from "../../../src/bundle/served-bundle.ts"
import { startBundleServer } from "../../../src/server/bundle-server.ts"
import type { LogLine } from "../../../src/server/request-log.ts"
import { Machine } from "../../support/cli.ts"
import { runServer } from "../../support/running-server.ts"
import { bringBundle } from "../../support/sample.ts"
import { Client } from "./client.ts"
import { connectTo, headOf } from "./raw.ts"

test("a request whose client is gone before the answer is not logged as one that went well", async () => {
  const server = await runServer()
  await server.home.fleets.createFleet({ slug: "acme/edge" }, server.home.change())
  const authorization = `Bearer ${server.token}`
  const place = await new Client(server.url, authorization).begin("acme/edge")
  const socket = await connectTo(server.url)
  const head = headOf("PATCH", place, `Authorization: ${authorization}`, "Content-Length: 10")
  await new Promise((resolve) => socket.write(`${head}01234`, resolve))
  socket.destroy()
  await vi.waitFor(() => expect(server.lines).toHaveLength(2))
  expect(server.lines[1]).toMatchObject({ method: "PATCH", status: 499, level: "info" })
})

test("what fails when its answer has begun is logged as an error", async () => {
  const machine = await Machine.create()
  const { file } = await bringBundle(machine)
  const bundle = await Bundle.open(file)
  onTestFinished(() => bundle.close())
  const lines: LogLine[] = []
  const server = await startBundleServer({
    repositories: bundleRepositories(bundle),
    random: randomBytes,
    now: () => new Date(),
    listen: { host: "127.0.0.1", port: 0 },
    log: (line) => lines.push(line),
  })
  onTestFinished(() => server.stop())
  await truncate(file, 1024)
  await expect(new Client(server.url).ask("GET", "/v2/web/manifests/1.2.3")).rejects.toThrow()
  await vi.waitFor(() => expect(lines).toHaveLength(1))
  expect(lines[0]).toMatchObject({
    status: 500,
    level: "error",
    error: expect.stringMatching(/release\.tar is cut off: .* missing at byte \d+/),
  })
})
