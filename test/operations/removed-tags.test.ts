import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { writeBundleFile } from "../../src/bundle/bundle-writer.ts"
import { openHome } from "../../src/operations/home.ts"
import { importRelease } from "../../src/operations/import-release.ts"
import { withoutTagsOfRemoved } from "../../src/operations/removed-tags.ts"
import { MemoryContent } from "../support/memory-content.ts"
import { TestClock } from "../support/registry/test-clock.ts"
import { putRelease } from "../support/release.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const slug = "site/edge"

/** A home with an imported release, whose removals let `meanwhile` happen before they come to the tags. */
async function setUp() {
  const folder = await temporaryFolder()
  const home = await openHome({ path: join(folder, "home"), clock: new TestClock(), actor: "tester" })
  onTestFinished(() => home.close())
  await home.fleets.createFleet({ slug }, home.change())
  const bundleOf = async (overrides: Parameters<typeof putRelease>[1], name: string) => {
    const source = new MemoryContent()
    const { descriptor } = await putRelease(source, overrides)
    const bundle = join(folder, name)
    await writeBundleFile(source, await planBundle(source, descriptor), bundle)
    return bundle
  }
  const bundle = await bundleOf({}, "release.tar")
  const bring = async () => (await importRelease(home, { fleet: slug, bundle })).release
  /** A later release, so that the first is nobody's target. */
  const bringNext = async () => {
    const next = await bundleOf({ semver: "2.0.0", commit: "d".repeat(40) }, "next.tar")
    await importRelease(home, { fleet: slug, bundle: next })
  }
  const release = await bring()
  const tags = async () => (await home.store()).served(slug).listTags()
  const before = await tags()
  expect(before.length).toBeGreaterThan(1)
  const removing = (meanwhile: () => Promise<unknown>) =>
    withoutTagsOfRemoved(home.database.fleets, async () => {
      await meanwhile()
      return home.store()
    })
  return { home, release, bring, bringNext, tags, before, removing }
}

test("the tags of a release go with it", async () => {
  const { home, release, bringNext, tags, before } = await setUp()
  await bringNext()
  await home.fleets.removeRelease(release.id, home.change())
  expect((await tags()).filter((tag) => before.includes(tag))).toEqual([])
})

test("the tags of a release stay when it is imported again while it is removed", async () => {
  const { home, release, bring, bringNext, tags, before, removing } = await setUp()
  await bringNext()
  await removing(bring).removeRelease(release.id, home.change())
  expect(await tags()).toEqual(expect.arrayContaining(before))
})

test("the tags of a fleet go with it, but stay when it is made again meanwhile with that release", async () => {
  const { home, bring, tags, before, removing } = await setUp()
  const again = async () => {
    await home.fleets.createFleet({ slug }, home.change())
    await bring()
  }
  await removing(again).removeFleet(slug, { ...home.change(), withReleases: true })
  expect(await tags()).toEqual(before)
  await removing(async () => undefined).removeFleet(slug, { ...home.change(), withReleases: true })
  expect(await tags()).toEqual([])
})
