import { forEachConcurrent } from "../content/concurrency.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import { readDocument } from "../content/read-document.ts"
import { hasCode } from "../errors/system-error.ts"
import type { FleetStore } from "../fleet/fleet-store.ts"
import type { NewRelease } from "../fleet/release.ts"
import type { ContentStore } from "../layout/content-store.ts"
import type { LayoutRepository } from "../layout/layout-repository.ts"
import { parseManifest } from "../oci/manifest.ts"
import { refuseRelease } from "./refuse-release.ts"
import { tagRelease, tagsOfRelease } from "./tag-release.ts"

/** Manifests that are read at once. */
const AT_ONCE = 8

/**
 * Keeps releases and the content store together, where fleets keep their images there; no transaction spans both. A release is
 * recorded only while all of its content is there and kept. Its tags go with it, so that its content can be freed; where a
 * kill comes between, with the next collection of garbage. Recording also throws what `refuseRelease` throws.
 */
export function withStoredContent(fleets: FleetStore, store: () => Promise<ContentStore>): FleetStore {
  return {
    ...fleets,
    async recordRelease(slug, release, options) {
      const { registry } = await fleets.getFleet(slug, options)
      if (registry !== null) return fleets.recordRelease(slug, release, options)
      const content = (await store()).repository(slug)
      const images = release.services.map(({ name: _, ...image }) => image)
      await using _ = await content.leaseRelease(release.index, images, options)
      await refuseReleases(content, release, options)
      return await fleets.recordRelease(slug, release, options)
    },
    async removeRelease(id, options) {
      const release = await fleets.getRelease(id, options)
      const { registry } = await fleets.getFleet(release.fleet, options)
      const remove = () => fleets.removeRelease(id, options)
      if (release.status !== "success" || registry !== null || options.preview) return remove()
      const content = (await store()).repository(release.fleet)
      await content.untagAfter(release.index.digest, tagsOfRelease(release), remove)
      await tagAgain(fleets, content, release, options)
    },
    async removeFleet(slug, options) {
      const { registry } = await fleets.getFleet(slug, options)
      if (registry !== null || options.preview) return fleets.removeFleet(slug, options)
      const content = (await store()).repository(slug)
      await content.remove(() => fleets.removeFleet(slug, options))
    },
  }
}

/** An image that lies in the store can be looked at; what a fleet has in a registry, only its clients can. */
async function refuseReleases(
  content: LayoutRepository,
  { services }: NewRelease,
  { signal }: OperationOptions,
): Promise<void> {
  await forEachConcurrent(services, AT_ONCE, signal, async ({ name, ...image }) => {
    const what = `${image.digest}, the image of service ${name},`
    refuseRelease(parseManifest(await readDocument(content, image, { signal }), image.mediaType), what)
  })
}

/** Somebody may have imported the very release again since it was removed: its tags have gone with those of the other. */
async function tagAgain(
  fleets: FleetStore,
  content: LayoutRepository,
  { fleet, commit }: { fleet: Parameters<FleetStore["listReleases"]>[0]; commit: string },
  { signal }: OperationOptions,
): Promise<void> {
  try {
    for (const found of await fleets.findReleases({ fleet, commit }, { signal })) {
      if (found.commit !== commit || found.status !== "success") continue
      const release = await fleets.getRelease(found.id, { signal })
      if (release.status === "success") await tagRelease(content, release, { signal })
    }
  } catch (error) {
    // That is gone too.
    if (!hasCode(error, "FLEET_NOT_FOUND") && !hasCode(error, "RELEASE_NOT_FOUND")) throw error
  }
}
