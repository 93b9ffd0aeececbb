import {
  afterDevicePin,
  afterFleetPin,
  afterMove,
  afterReleaseChange,
  afterRemoval,
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

/** What fleets and devices are to look like, without any database: policy alone, over what happened. */
export class PolicyModel {
  readonly slugs: readonly FleetSlug[]
  readonly fleets: FleetPolicy[]
  /** Newest last. */
  releases: Release[] = []
  readonly devices = new Map<string, DevicePlace>()

  constructor(slugs: readonly FleetSlug[]) {
    this.slugs = slugs
    this.fleets = slugs.map(() => ({ pin: null, tracked: null, generation: 0 }))
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

  move(uuid: string, fleet: number, release: Release | undefined): void {
    if (release !== undefined) checkDevicePin({ uuid, fleet: this.#slug(fleet) }, release)
    this.devices.set(uuid, afterMove(this.#place(uuid), fleet, release?.id))
  }

  /** What a store is to say of all fleets and devices. */
  view() {
    const fleets = this.fleets.map((fleet, at) => ({
      slug: this.#slug(at),
      pin: fleet.pin ?? undefined,
      target: targetOfFleet(fleet) ?? undefined,
      generation: fleet.generation,
      latest: this.#latest(this.#slug(at)) ?? undefined,
    }))
    const devices = [...this.devices].map(([uuid, { fleet, pin, generation }]) => ({
      uuid,
      fleet: this.#slug(fleet),
      pin: pin ?? undefined,
      target: targetOfDevice(pin, this.#policy(fleet)) ?? undefined,
      generation,
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
