import { rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

test("a content store that could not be opened is opened once what was in its way is gone", async () => {
  const path = join(await temporaryFolder(), "home")
  const home = await openHome({ path, clock: systemClock, actor: "tester" })
  try {
    const store = join(path, "store")
    await writeFile(store, "in its way")
    await expect(home.store()).rejects.toMatchObject({
      code: "NOT_A_LAYOUT",
      message: expect.stringContaining(`${store} is not a content store`),
    })
    await rm(store)
    expect(await (await home.store()).served("acme/edge").listTags()).toEqual([])
  } finally {
    await home.close()
  }
})
