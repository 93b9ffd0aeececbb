import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { writeBundleFile } from "../../src/bundle/bundle-writer.ts"
import type { Context } from "../../src/operations/context.ts"
import { openHome } from "../../src/operations/home.ts"
import { importRelease } from "../../src/operations/import-release.ts"
import { beginInOneStep } from "../../src/operations/release-recording.ts"
import { MemoryContent } from "../support/memory-content.ts"
import { TestClock } from "../support/registry/test-clock.ts"
import { putRelease } from "../support/release.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

/** A home whose fleets have to know of a release before its content is sent, as those of some servers do, and what they hear. */
async function storeThatBegins() {
  const folder = await temporaryFolder()
  const home = await openHome({ path: join(folder, "home"), clock: new TestClock(), actor: "tester" })
  onTestFinished(() => home.close())
  await home.fleets.createFleet({ slug: "site/edge" }, home.change())
  const heard: string[] = []
  const context: Context = {
    ...home,
    beginRelease: async (fleet, { commit }, options) => {
      heard.push(`begins ${commit}`)
      const recording = await beginInOneStep(home, fleet, options)
      let isFinished = false
      return {
        content: recording.content,
        finish: async (release) => {
          const isThere = await recording.content.exists(release.index)
          heard.push(`ends with its content ${isThere ? "there" : "missing"}`)
          isFinished = true
          return recording.finish(release)
        },
        [Symbol.asyncDispose]: async () => {
          await recording[Symbol.asyncDispose]()
          if (!isFinished) heard.push("takes it back")
        },
      }
    },
  }
  const source = new MemoryContent()
  const { descriptor } = await putRelease(source)
  const bundle = join(folder, "release.tar")
  await writeBundleFile(source, await planBundle(source, descriptor), bundle)
  return { context, heard, bundle }
}

test("a store that has to know of a release first hears of it before its content, and of its end", async () => {
  const { context, heard, bundle } = await storeThatBegins()
  const { release } = await importRelease(context, { fleet: "site/edge", bundle })
  expect(heard).toEqual([`begins ${release.commit}`, "ends with its content there"])
})

test("what is begun and does not come to its end is taken back", async () => {
  const { context, heard, bundle } = await storeThatBegins()
  const stopped = new AbortController()
  const onTransfer = () => stopped.abort(new Error("stopped"))
  const { signal } = stopped
  await expect(
    importRelease(context, { fleet: "site/edge", bundle }, { signal, onTransfer }),
  ).rejects.toThrow("stopped")
  expect(heard).toEqual([expect.stringMatching(/^begins /), "takes it back"])
  expect(await context.fleets.listReleases("site/edge")).toEqual([])
})
