import type { BundlePlan } from "../bundle/bundle-plan.ts"
import type { NewRelease } from "../fleet/release.ts"
import { checkNewRelease } from "../fleet/release-limits.ts"
import { parseVersion } from "../fleet/version.ts"
import { refuseRelease } from "./refuse-release.ts"

/**
 * The release of a bundle as a fleet would record it. Whoever makes, reads, verifies or imports a bundle asks here whether it is
 * one, so that all of them refuse the same, in the same words. Throws what `parseVersion`, `checkNewRelease` and `refuseRelease`
 * throw.
 */
export function bundledRelease({ manifest, release, services, graph, isDraft }: BundlePlan): NewRelease {
  const bundled: NewRelease = {
    commit: manifest.commit,
    createdAt: manifest.createdAt,
    composition: manifest.composition,
    contract: manifest.contract ?? null,
    note: manifest.note ?? null,
    tags: manifest.tags,
    version: parseVersion(manifest.semver, manifest.variant),
    index: release,
    services: services.map(({ service, image }) => ({ name: service, ...image })),
    isDraft,
  }
  checkNewRelease(bundled)
  for (const { service, image } of services) {
    refuseRelease(graph.document(image.digest).manifest, `${image.digest}, the image of service ${service},`)
  }
  return bundled
}

/** The same release under another version. Throws what `bundledRelease` throws. */
export function renamedRelease(release: NewRelease, version: string): NewRelease {
  const renamed = { ...release, version: parseVersion(version, release.version.variant) }
  checkNewRelease(renamed)
  return renamed
}
