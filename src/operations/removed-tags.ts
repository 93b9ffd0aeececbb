import type { OperationOptions } from "../content/interfaces.ts"
import { hasCode } from "../errors/system-error.ts"
import type { FleetStore } from "../fleet/fleet-store.ts"
import type { ContentStore } from "../layout/content-store.ts"
import type { LayoutRepository } from "../layout/layout-repository.ts"
import { tagRelease, tagsOfRelease } from "./tag-release.ts"

/**
 * Lets the tags of a release in the content store go with the release, so that its content can be freed. A kill in
 * between leaves tags, which keep the content, and which anybody can delete. What somebody imported again in between
 * gets its tags again.
 */
export function withoutTagsOfRemoved(fleets: FleetStore, store: () => Promise<ContentStore>): FleetStore {
  return {
    ...fleets,
    async removeRelease(id, options) {
      const release = await fleets.getRelease(id, options)
      const { registry } = await fleets.getFleet(release.fleet, options)
      await fleets.removeRelease(id, options)
      if (release.status !== "success" || registry !== null) return
      const content = (await store()).repository(release.fleet)
      await content.untag(tagsOfRelease(release))
      const { fleet, commit } = release
      await tagAgain(fleets, content, () => fleets.findReleases({ fleet, commit }, options), options)
    },
    async removeFleet(slug, options) {
      const { registry } = await fleets.getFleet(slug, options)
      await fleets.removeFleet(slug, options)
      if (registry !== null) return
      const content = (await store()).repository(slug)
      await content.untagAll()
      await tagAgain(fleets, content, () => fleets.listReleases(slug, options), options)
    },
  }
}

async function tagAgain(
  fleets: FleetStore,
  content: LayoutRepository,
  find: () => Promise<readonly { id: number }[]>,
  options: OperationOptions = {},
): Promise<void> {
  const { signal } = options
  try {
    for (const { id } of await find()) {
      const release = await fleets.getRelease(id, { signal })
      if (release.status === "success") await tagRelease(content, release, { signal })
    }
  } catch (error) {
    // That is gone too.
    if (!hasCode(error, "FLEET_NOT_FOUND") && !hasCode(error, "RELEASE_NOT_FOUND")) throw error
  }
}
