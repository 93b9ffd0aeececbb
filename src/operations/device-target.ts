import type { DeviceTarget } from "../fleet/device.ts"
import type { Release } from "../fleet/release.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { rawVersion } from "../fleet/version.ts"
import { isRecord } from "../oci/first-fault.ts"
import { printYaml } from "./compose-yaml.ts"
import { fleetRepository } from "./mount-source.ts"
import { OperationError } from "./operation-error.ts"

/** What a device should run, with what it needs to get it. */
export interface DeviceTargetDocument extends DeviceTarget {
  /** Service → reference by digest; `null` where they are in no registry. */
  images: Record<string, string | null>
  /** The composition with these references filled in; `null` where there are none. */
  compose: Record<string, unknown> | null
}

/**
 * Says where the images of a device's target are. `ownRegistry` (`HOST[:PORT]`) is where those of fleets without a
 * registry are served; without it they are nowhere.
 */
export function deviceTargetDocument(target: DeviceTarget, ownRegistry?: string): DeviceTargetDocument {
  const { release, fleet } = target
  const registry = target.registry ?? ownRegistry ?? null
  const images = release === null ? {} : imagesOf(release, { slug: fleet, registry })
  const compose = release && registry !== null ? fillImages(release.composition, images) : null
  return { ...target, images, compose }
}

/**
 * Prints what `docker compose -f - up -d` takes, of a release by itself, whose fleet keeps its images in `registry`. Throws
 * `NO_REGISTRY` where that is `null`.
 */
export function releaseComposeFile(release: Release, registry: string | null): string {
  const { fleet, composition } = release
  if (registry === null) throw notServed(fleet)
  return printRelease(release, fillImages(composition, imagesOf(release, { slug: fleet, registry })))
}

function imagesOf(
  { services }: Release,
  { slug, registry }: { slug: FleetSlug; registry: string | null },
): Record<string, string | null> {
  const place = registry === null ? undefined : fleetRepository({ slug, registry })
  return Object.fromEntries(
    services.map(({ name, digest }) => [
      name,
      place ? `${place.registry}/${place.repository}@${digest}` : null,
    ]),
  )
}

/**
 * Prints what `docker compose -f - up -d` takes. Throws `NO_TARGET` when the device has nothing to run, and
 * `NO_REGISTRY` when its images are in no registry.
 */
export function composeFile(document: DeviceTargetDocument): string {
  const { release, fleet, uuid, compose } = document
  if (release === null) {
    throw new OperationError("NO_TARGET", `device ${uuid} has nothing to run: ${fleet} has no release`, {
      hint: `import a release into ${fleet}`,
    })
  }
  if (compose === null) throw notServed(fleet)
  return printRelease({ ...release, fleet }, compose)
}

function notServed(fleet: FleetSlug): OperationError {
  return new OperationError(
    "NO_REGISTRY",
    `the images of ${fleet} are in the content store, and nobody serves that here`,
    { hint: "ask a server for it, which serves them; or keep the fleet's images in a registry" },
  )
}

function printRelease(release: Release, compose: Record<string, unknown>): string {
  const origin = { fleet: release.fleet, version: rawVersion(release), commit: release.commit }
  return printYaml({ ...compose, "x-waybill": origin })
}

/** A composition says how services run; each runs the image of the release, and none that it has none for. */
function fillImages(
  composition: Record<string, unknown>,
  images: Record<string, string | null>,
): Record<string, unknown> {
  const { services } = composition
  const described = isRecord(services) ? services : {}
  const filled = Object.entries(images).map(([name, image]) => {
    const service = described[name]
    return [name, { ...(isRecord(service) ? service : {}), image }]
  })
  return { ...composition, services: Object.fromEntries(filled) }
}
