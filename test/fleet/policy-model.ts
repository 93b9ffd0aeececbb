import { isDeepStrictEqual } from "node:util"
import {
  afterTagging,
  noSuchDevice,
  type TagChanges,
  type TagCondition,
} from "../../src/fleet/device-tags.ts"
import {
  afterDevicePin,
  afterFleetPin,
  afterMove,
  afterNaming,
  afterReleaseChange,
  afterRemoval,
  afterSetting,
  canBeLatest,
  checkDevicePin,
  checkFleetPin,
  checkRemoval,
  type DevicePlace,
  type FleetPolicy,
  targetOfDevice,
  targetOfFleet,
} from "../../src/fleet/policy.ts"
import type { Release } from "../../src/fleet/release.ts"
import type { FleetSlug } from "../../src/fleet/slug.ts"

/** Of each fleet that is made. */
export const REGISTRY = "registry.example"

/** What fleets and devices are to look like, without any database: policy alone, over what happened. */
export class PolicyModel {
  readonly slugs: readonly FleetSlug[]
  readonly fleets: FleetPolicy[]
  /** Newest last. */
  releases: Release[] = []
  readonly devices = new Map<string, DevicePlace>()
  /** Of devices, by their uuids; where there are none, nothing was ever set. */
  readonly names = new Map<string, string>()
  readonly tags = new Map<string, ReadonlyMap<string, string>>()
  /** Of fleets. */
  readonly registries: string[]

  constructor(slugs: readonly FleetSlug[]) {
    this.slugs = slugs
    this.fleets = slugs.map(() => ({ pin: null, tracked: null, generation: 0 }))
    this.registries = slugs.map(() => REGISTRY)
  }

  record(release: Release): void {
    this.releases.push(release)
    if (release.status === "success") this.#follow(release.fleet)
  }

  /** A release was finalized, invalidated or validated. */
  replace(changed: Release): void {
    this.releases = this.releases.map((release) => (release.id === changed.id ? changed : release))
    this.#follow(changed.fleet)
  }

  remove(release: Release): void {
    const fleet = this.slugs.indexOf(release.fleet)
    const pinned = [...this.devices.values()].filter(({ pin }) => pin === release.id).length
    checkRemoval(release, this.#policy(fleet), pinned)
    this.releases = this.releases.filter(({ id }) => id !== release.id)
    this.fleets[fleet] = afterRemoval(this.#policy(fleet), release.id, this.#latest(release.fleet))
  }

  pinFleet(fleet: number, release: Release): void {
    checkFleetPin(this.#slug(fleet), release)
    this.fleets[fleet] = afterFleetPin(this.#policy(fleet), release.id)
  }

  trackLatest(fleet: number): void {
    this.fleets[fleet] = afterFleetPin(this.#policy(fleet), null)
  }

  register(uuid: string, fleet: number): void {
    this.devices.set(uuid, { fleet, pin: null, generation: 0 })
  }

  pinDevices(uuids: readonly string[], release: Release): void {
    for (const uuid of uuids) {
      checkDevicePin({ uuid, fleet: this.#slug(this.#place(uuid).fleet) }, release)
    }
    for (const uuid of uuids) this.devices.set(uuid, afterDevicePin(this.#place(uuid), release.id))
  }

  trackFleet(uuids: readonly string[]): void {
    for (const uuid of uuids) this.devices.set(uuid, afterDevicePin(this.#place(uuid), null))
  }

  move(uuids: readonly string[], fleet: number, release: Release | undefined): void {
    for (const uuid of uuids) {
      if (release !== undefined) checkDevicePin({ uuid, fleet: this.#slug(fleet) }, release)
    }
    for (const uuid of uuids) this.devices.set(uuid, afterMove(this.#place(uuid), fleet, release?.id))
  }

  removeDevices(uuids: readonly string[]): void {
    for (const each of [this.devices, this.names, this.tags]) for (const uuid of uuids) each.delete(uuid)
  }

  rename(uuid: string, name: string): void {
    if (this.names.get(uuid) === name) return
    this.names.set(uuid, name)
    this.devices.set(uuid, afterNaming(this.#place(uuid)))
  }

  tag(uuids: readonly string[], changes: TagChanges): void {
    for (const uuid of uuids) {
      const before = this.tags.get(uuid) ?? new Map()
      const after = afterTagging(before, changes)
      if (isDeepStrictEqual(before, after)) continue
      this.tags.set(uuid, after)
      this.devices.set(uuid, afterNaming(this.#place(uuid)))
    }
  }

  /** Those of a fleet with a tag. Throws where there are none. */
  select(fleet: number, { key, value }: TagCondition): string[] {
    const found = [...this.devices.keys()].filter((uuid) => {
      const present = this.tags.get(uuid)?.get(key)
      return this.#place(uuid).fleet === fleet && present !== undefined && (value ?? present) === present
    })
    if (found.length === 0) throw noSuchDevice({ fleet: this.#slug(fleet), where: [] })
    return found
  }

  setRegistry(fleet: number, registry: string): void {
    if (this.registries[fleet] === registry) return
    this.registries[fleet] = registry
    this.fleets[fleet] = afterSetting(this.#policy(fleet))
  }

  /** What a store is to say of all fleets and devices. */
  view() {
    const fleets = this.fleets.map((fleet, at) => ({
      slug: this.#slug(at),
      pin: fleet.pin ?? undefined,
      target: targetOfFleet(fleet) ?? undefined,
      generation: fleet.generation,
      registry: this.registries[at] ?? null,
      latest: this.#latest(this.#slug(at)) ?? undefined,
    }))
    const devices = [...this.devices].map(([uuid, { fleet, pin, generation }]) => ({
      uuid,
      fleet: this.#slug(fleet),
      pin: pin ?? undefined,
      target: targetOfDevice(pin, this.#policy(fleet)) ?? undefined,
      generation,
      name: this.names.get(uuid) ?? null,
      tags: Object.fromEntries(this.tags.get(uuid) ?? []),
    }))
    return { fleets, devices }
  }

  #follow(slug: FleetSlug): void {
    const fleet = this.slugs.indexOf(slug)
    this.fleets[fleet] = afterReleaseChange(this.#policy(fleet), this.#latest(slug))
  }

  #latest(slug: FleetSlug): number | null {
    return this.releases.findLast((release) => release.fleet === slug && canBeLatest(release))?.id ?? null
  }

  #slug(fleet: number): FleetSlug {
    return this.slugs[fleet] ?? fail("fleet")
  }

  #policy(fleet: number): FleetPolicy {
    return this.fleets[fleet] ?? fail("fleet")
  }

  #place(uuid: string): DevicePlace {
    return this.devices.get(uuid) ?? fail("device")
  }
}

function fail(what: string): never {
  throw new Error(`the model has no such ${what}`)
}
