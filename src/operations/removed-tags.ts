import type { FleetStore } from "../fleet/fleet-store.ts"
import type { ContentStore } from "../layout/content-store.ts"
import { tagsOfRelease } from "./tag-release.ts"

/**
 * Lets the tags of a release in the content store go with the release, so that its content can be freed. A kill in
 * between leaves tags, which keep the content, and which anybody can delete.
 */
export function withoutTagsOfRemoved(fleets: FleetStore, store: () => Promise<ContentStore>): FleetStore {
  return {
    ...fleets,
    async removeRelease(id, options) {
      const release = await fleets.getRelease(id, options)
      const { registry } = await fleets.getFleet(release.fleet, options)
      await fleets.removeRelease(id, options)
      if (release.status !== "success" || registry !== null) return
      await (await store()).repository(release.fleet).untag(tagsOfRelease(release))
    },
    async removeFleet(slug, options) {
      const { registry } = await fleets.getFleet(slug, options)
      await fleets.removeFleet(slug, options)
      if (registry === null) await (await store()).repository(slug).untagAll()
    },
  }
}
