import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { expect, onTestFinished, test } from "vitest"
import { connect } from "../../src/client/connect.ts"
import { isKeeper } from "../../src/content/interfaces.ts"
import { STORE_FOLDER } from "../../src/operations/home-folder.ts"
import { systemClock } from "../../src/system-clock.ts"
import { blob } from "../support/registry/content.ts"
import { runServer } from "../support/running-server.ts"

const slug = "acme/edge"

test("to ask a server whether it has content claims none of it; to claim it does", async () => {
  const { home, homePath, url, token } = await runServer()
  const fleet = await home.fleets.createFleet({ slug }, home.change())
  const remote = await connect({ url, token, clock: systemClock })
  onTestFinished(() => remote.close())
  const content = await remote.contentOf(fleet)
  const { descriptor, body } = blob(1000)
  await content.push(descriptor, body)
  const catalog = new DatabaseSync(join(homePath, STORE_FOLDER, "catalog.sqlite"))
  onTestFinished(() => catalog.close())
  catalog.exec("update blobs set claimed_at = 0")
  const claimed = () => catalog.prepare("select claimed_at from blobs").get()?.claimed_at

  expect(await content.exists(descriptor)).toBe(true)
  expect(claimed()).toBe(0)
  if (!isKeeper(content)) throw new Error("the server's store keeps nothing")
  expect(await content.claim(descriptor)).toBe(true)
  expect(claimed()).toBeGreaterThan(0)
})
