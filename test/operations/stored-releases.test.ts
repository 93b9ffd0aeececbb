import { rm } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, onTestFinished, test } from "vitest"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { writeBundleFile } from "../../src/bundle/bundle-writer.ts"
import type { FleetStore } from "../../src/fleet/fleet-store.ts"
import { blobPath } from "../../src/oci/image-layout.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { type Home, openHome } from "../../src/operations/home.ts"
import { importRelease } from "../../src/operations/import-release.ts"
import { collectStoreGarbage } from "../../src/operations/maintain-store.ts"
import { withStoredContent } from "../../src/operations/stored-releases.ts"
import { systemClock } from "../../src/system-clock.ts"
import { sampleRelease } from "../fleet/sample-release.ts"
import { MemoryContent } from "../support/memory-content.ts"
import { TestClock } from "../support/registry/test-clock.ts"
import { bytesOf, put, putImage, putRelease } from "../support/release.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const slug = "site/edge"

/** A home with an imported release, and ways to bring others. */
async function setUp(options: { lockTimeout?: number } = {}) {
  const folder = await temporaryFolder()
  const home = await openHome({
    path: join(folder, "home"),
    clock: new TestClock(),
    actor: "tester",
    ...options,
  })
  let closed: Promise<void> | undefined
  const close = () => (closed ??= home.close())
  onTestFinished(close)
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
  const bringOther = async (commit: string) => {
    const next = await bundleOf({ semver: "2.0.0", commit }, `${commit}.tar`)
    return (await importRelease(home, { fleet: slug, bundle: next })).release
  }
  const release = await bring()
  const tags = async () => (await home.store()).served(slug).listTags()
  const before = await tags()
  expect(before.length).toBeGreaterThan(1)
  return { home, close, bundle, release, bring, bringOther, tags, before }
}

describe("removing what has tags in the content store", () => {
  test("a preview of it takes no tag away", async () => {
    const { home, release, bringOther, tags, before } = await setUp()
    await bringOther("d".repeat(40))
    const all = await tags()
    const preview = { ...home.change(), preview: true }
    await home.fleets.removeRelease(release.id, preview)
    await home.fleets.removeFleet(slug, { ...preview, withReleases: true })
    expect(await tags()).toEqual(all)
    expect(all).toEqual(expect.arrayContaining(before))
    expect((await home.fleets.getRelease(release.id)).id).toBe(release.id)
  })

  test("the tags of a release go with it", async () => {
    const { home, release, bringOther, tags, before } = await setUp()
    await bringOther("d".repeat(40))
    await home.fleets.removeRelease(release.id, home.change())
    expect((await tags()).filter((tag) => before.includes(tag))).toEqual([])
  })

  test("the tags of a release stay when it is imported again while it is removed", async () => {
    const { home, release, bring, bringOther, tags, before } = await setUp()
    await bringOther("d".repeat(40))
    const fleets = withStoredContent(removingAndThen(home, bring), () => home.store())
    await fleets.removeRelease(release.id, home.change())
    expect(await tags()).toEqual(expect.arrayContaining(before))
    await collectStoreGarbage(home, { grace: -1 })
    expect(await tags()).toEqual(expect.arrayContaining(before))
  })

  test("a release stays where its tags are out of reach", async () => {
    const { home, release, bringOther } = await setUp()
    await bringOther("d".repeat(40))
    const fleets = withStoredContent(home.database.fleets, async () => {
      throw new Error("the disk of the store is not there")
    })
    await expect(fleets.removeRelease(release.id, home.change())).rejects.toThrow("the disk of the store")
    expect(await home.fleets.getRelease(release.id)).toMatchObject({ commit: release.commit })
  })

  test("tags that cannot be removed with their release go with the next collection", async () => {
    const { home, release, bringOther, tags, before } = await setUp({ lockTimeout: 0 })
    await bringOther("d".repeat(40))
    const store = await home.store()
    using other = new DatabaseSync(join(store.root, "catalog.sqlite"))
    const fleets = withStoredContent(
      removingAndThen(home, async () => other.exec("begin immediate")),
      () => home.store(),
    )
    await fleets.removeRelease(release.id, home.change())
    other.exec("rollback")
    expect(await tags()).toEqual(expect.arrayContaining(before))
    const { removed } = await collectStoreGarbage(home, { grace: -1 })
    expect((await tags()).filter((tag) => before.includes(tag))).toEqual([])
    expect(removed.map(({ digest }) => digest)).toContain(release.index.digest)
  })

  test("the tags of a release that is not removed stay", async () => {
    const { home, release, tags, before } = await setUp()
    await home.fleets.pinFleet(slug, release.id, home.change())
    await expect(home.fleets.removeRelease(release.id, home.change())).rejects.toMatchObject({
      code: "RELEASE_IN_USE",
    })
    await collectStoreGarbage(home, { grace: -1 })
    expect(await tags()).toEqual(before)
  })

  test("a release is not given tags since its commit begins with the one that is removed", async () => {
    const { home, release, bringOther, tags } = await setUp()
    const short = await bringOther(`${release.commit.slice(0, 12)}`)
    await bringOther("d".repeat(40))
    const content = (await home.store()).repository(slug)
    await content.untag(new Map([["1.2.3", release.index]]))
    await home.fleets.removeRelease(short.id, home.change())
    expect(await tags()).not.toContain("1.2.3")
  })

  test("a fleet takes its tags along and all that was its own: made again, it finds nothing", async () => {
    const { home, release, tags } = await setUp()
    await home.fleets.removeFleet(slug, { ...home.change(), withReleases: true })
    await home.fleets.createFleet({ slug }, home.change())
    expect(await tags()).toEqual([])
    const served = (await home.store()).served(slug)
    expect(await served.findManifest(release.index.digest)).toBeUndefined()
  })

  test("a fleet is not removed while somebody imports into it, and stays whole", async () => {
    const { home, bring, tags, before } = await setUp()
    const content = (await home.store()).repository(slug)
    const lease = await content.lease()
    const removal = home.fleets.removeFleet(slug, { ...home.change(), withReleases: true })
    await expect(removal).rejects.toMatchObject({
      code: "CONTENT_IN_USE",
      message: `a release is being imported into ${slug}`,
    })
    await lease.end()
    await bring()
    expect(await tags()).toEqual(before)
  })

  test("nobody begins to import into a fleet while it is removed", async () => {
    const { home, bundle } = await setUp()
    const content = (await home.store()).repository(slug)
    await content.remove(async () => {
      await expect(importRelease(home, { fleet: slug, bundle })).rejects.toMatchObject({
        code: "CONTENT_IN_USE",
        message: `${slug} is being removed at this moment`,
      })
    })
  })
})

describe("a fleet that is gone while its content cannot be changed", () => {
  async function removeWhileLocked() {
    const { home, close, bundle, release } = await setUp({ lockTimeout: 50 })
    const store = await home.store()
    const catalog = new DatabaseSync(join(store.root, "catalog.sqlite"))
    onTestFinished(() => catalog.close())
    const fleets = withStoredContent(
      {
        ...home.database.fleets,
        async removeFleet(...args) {
          await home.database.fleets.removeFleet(...args)
          catalog.exec("begin immediate")
        },
      },
      () => home.store(),
    )
    await fleets.removeFleet(slug, { ...home.change(), withReleases: true })
    catalog.exec("rollback")
    return { home, close, bundle, release }
  }

  test("is removed all the same, and one of that name is not mixed up with what is left", async () => {
    const { home, bundle } = await removeWhileLocked()
    await home.fleets.createFleet({ slug }, home.change())
    await expect(importRelease(home, { fleet: slug, bundle })).rejects.toMatchObject({
      code: "CONTENT_IN_USE",
      message: `${slug} is being removed at this moment`,
    })
    const content = (await home.store()).repository(slug)
    await expect(put(content, MediaType.ociConfig, bytesOf(1, 10))).rejects.toMatchObject({
      code: "CONTENT_IN_USE",
    })
  })

  test("leaves nothing once garbage is collected, also where the process that removed it has stopped as it should", async () => {
    const { home, close, bundle, release } = await removeWhileLocked()
    const path = join((await home.store()).root, "..")
    await close()
    const later = await openHome({ path, clock: systemClock, actor: "tester" })
    onTestFinished(() => later.close())
    const { removed } = await collectStoreGarbage(later, { grace: -60_000 })
    expect(removed.map(({ digest }) => digest)).toContain(release.index.digest)
    await later.fleets.createFleet({ slug }, later.change())
    expect(await (await later.store()).served(slug).listTags()).toEqual([])
    expect(await importRelease(later, { fleet: slug, bundle })).toMatchObject({ wasThere: false })
  })
})

describe("recording a release whose images this home keeps", () => {
  test("is refused when a service's image is not in its index, though the fleet has both", async () => {
    const { home, release } = await setUp()
    const image = await putImage((await home.store()).repository(slug), "riscv64", [])
    const services = [...release.services, { ...image, name: "stranger" }]
    const mixed = sampleRelease("mixed", { index: release.index, services })
    await expect(home.fleets.recordRelease(slug, mixed, home.change())).rejects.toMatchObject({
      code: "CONTENT_MISSING",
      message: `the image ${image.digest} is not in the release's index ${release.index.digest}`,
    })
  })

  test("is refused when its index is nowhere, and nothing is recorded", async () => {
    const { home } = await setUp()
    const missing = sampleRelease("other")
    await expect(home.fleets.recordRelease(slug, missing, home.change())).rejects.toMatchObject({
      code: "CONTENT_MISSING",
      message: `${missing.index.digest}, of ${missing.index.size} bytes, is not in ${slug}`,
    })
    expect(await home.fleets.listReleases(slug)).toHaveLength(1)
  })

  test("is refused when index or images are another fleet's", async () => {
    const { home, release } = await setUp()
    await home.fleets.createFleet({ slug: "orga/alpha" }, home.change())
    const { index, services } = release
    await expect(
      home.fleets.recordRelease("orga/alpha", sampleRelease("other", { index, services }), home.change()),
    ).rejects.toMatchObject({ code: "CONTENT_MISSING", message: expect.stringContaining("orga/alpha") })
    expect(await home.fleets.listReleases("orga/alpha")).toEqual([])
  })

  test.for(["size", "mediaType"] as const)("is refused when an image has another %s", async (field) => {
    const { home, release } = await setUp()
    const wrong = { size: 1, mediaType: "application/vnd.oci.image.index.v1+json" }[field]
    const services = release.services.map((service) => ({ ...service, [field]: wrong }))
    const claimed = sampleRelease("other", { index: release.index, services })
    await expect(home.fleets.recordRelease(slug, claimed, home.change())).rejects.toMatchObject({
      code: "CONTENT_MISSING",
      message: expect.stringMatching(/^sha256:\S+ is in site\/edge as .* bytes, and not as .* of [0-9]+$/),
    })
  })

  test("is refused when any blob that it needs is gone, and an import says so too", async () => {
    const { home, bundle, release } = await setUp()
    const store = await home.store()
    const content = store.repository(slug)
    const bytes = []
    for await (const chunk of content.fetch(
      release.services.find(({ mediaType }) => mediaType === MediaType.ociManifest) ?? release.index,
    ))
      bytes.push(chunk)
    const { layers } = JSON.parse(Buffer.concat(bytes).toString())
    await rm(join(store.root, blobPath(layers[0].digest)))
    const { index, services } = release
    await expect(
      home.fleets.recordRelease(slug, sampleRelease("other", { index, services }), home.change()),
    ).rejects.toMatchObject({ code: "CONTENT_MISSING", message: expect.stringContaining(layers[0].digest) })
    // The import of the very release sends it again.
    expect(await importRelease(home, { fleet: slug, bundle })).toMatchObject({ wasThere: true })
    expect(await content.exists(layers[0])).toBe(true)
  })

  test("holds its content until it stands: what garbage is collected meanwhile and what is deleted", async () => {
    const { home, bringOther, release } = await setUp()
    const store = await home.store()
    const fleets = withStoredContent(
      {
        ...home.database.fleets,
        async recordRelease(...args) {
          await home.database.fleets.removeRelease(release.id, home.change())
          await store.repository(slug).untag(await taggedIn(store, slug))
          await collectStoreGarbage(home, { grace: -1 })
          const removal = store.served(slug).removeManifest(release.index.digest)
          await expect(removal).rejects.toMatchObject({ code: "CONTENT_IN_USE" })
          return home.database.fleets.recordRelease(...args)
        },
      },
      () => home.store(),
    )
    await bringOther("d".repeat(40))
    const { index, services } = release
    await fleets.recordRelease(slug, sampleRelease("other", { index, services }), home.change())
    await collectStoreGarbage(home, { grace: -1 })
    for (const { name: _, ...image } of services)
      expect(await store.repository(slug).exists(image)).toBe(true)
    expect(await store.repository(slug).exists(index)).toBe(true)
  })

  test("that ends while garbage is being collected is seen by that collection", async () => {
    const { home, release } = await setUp()
    const store = await home.store()
    const { index, services } = release
    await store.collectGarbage({
      grace: -1,
      async findRoots() {
        // Asked before the release is recorded anew, as PostgreSQL may answer: it tells of nothing.
        const lease = await store.repository(slug).leaseRelease(index, [])
        await store.repository(slug).untag(await taggedIn(store, slug))
        await lease.end()
        return []
      },
    })
    expect(await store.repository(slug).exists(index)).toBe(true)
    for (const { name: _, ...image } of services)
      expect(await store.repository(slug).exists(image)).toBe(true)
    await store.collectGarbage({ grace: -1, findRoots: async () => [] })
    expect(await store.repository(slug).exists(index)).toBe(false)
  })
})

/** Fleets where something happens between the removal of a release and that of its tags. */
function removingAndThen(home: Home, work: () => Promise<unknown>): FleetStore {
  const { fleets } = home.database
  return {
    ...fleets,
    async removeRelease(...args) {
      await fleets.removeRelease(...args)
      await work()
    },
  }
}

async function taggedIn(
  store: Awaited<ReturnType<Awaited<ReturnType<typeof openHome>>["store"]>>,
  name: string,
) {
  const tags = new Map()
  for (const tag of await store.served(name).listTags()) {
    tags.set(tag, await store.repository(name).resolve(tag))
  }
  return tags
}
