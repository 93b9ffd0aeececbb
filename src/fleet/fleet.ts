import { parseReference, parseRegistryPrefix } from "../oci/reference.ts"
import { FleetError } from "./fleet-error.ts"
import type { ReleaseName } from "./release.ts"
import type { FleetSlug } from "./slug.ts"

const FLEET_CLASSES = ["fleet", "app", "block"] as const

export type FleetClass = (typeof FLEET_CLASSES)[number]

export interface Fleet {
  id: number
  slug: FleetSlug
  class: FleetClass
  /** `HOST[/PREFIX]` that keeps its images; `null` means the content store. */
  registry: string | null
  /** Whether anybody may pull, without a secret, what a server keeps of its images and release manifests. */
  isPublic: boolean
  /** ISO 8601, UTC. */
  createdAt: string
  /** The release that it is pinned to; `null` means that it tracks its latest. */
  pin: ReleaseName | null
  /**
   * What devices that follow it should run: its pin, else its latest release. Where the last valid release was
   * invalidated, it stays the target: see `trackedRelease`.
   */
  target: ReleaseName | null
  /** Grows whenever its pin, its target or its registry changes, and whether it is public: what a change may be bound to. */
  generation: number
}

export interface NewFleet {
  slug: FleetSlug
  /** Default `fleet`. */
  class?: FleetClass | undefined
  /** `HOST[/PREFIX]`. Default: none, the content store. */
  registry?: string | undefined
  /** Default `false`. */
  isPublic?: boolean | undefined
}

/** Throws `INVALID_FLEET_CLASS`. */
export function parseFleetClass(text: string): FleetClass {
  const found = FLEET_CLASSES.find((known) => known === text)
  if (found !== undefined) return found
  throw new FleetError("INVALID_FLEET_CLASS", `"${text.slice(0, 80)}" is not a class of fleet`, {
    hint: `a class is one of ${FLEET_CLASSES.join(", ")}`,
  })
}

/** Checks that a registry can hold the fleet's repository. Throws `INVALID_REFERENCE` (an OciError). */
export function checkNewFleet(fleet: NewFleet): void {
  if (fleet.registry === undefined) return
  parseRegistryPrefix(fleet.registry)
  parseReference(`${fleet.registry}/${fleet.slug}`)
}
