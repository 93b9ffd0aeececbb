import { expect } from "vitest"
import type { AccessStore } from "../../../src/fleet/access-store.ts"
import type { Device } from "../../../src/fleet/device.ts"
import { FleetError, type FleetErrorCode } from "../../../src/fleet/fleet-error.ts"
import type { FleetStore } from "../../../src/fleet/fleet-store.ts"
import type { NewRelease, Release } from "../../../src/fleet/release.ts"
import type { FleetSlug } from "../../../src/fleet/slug.ts"
import { parseVersion, rawVersion } from "../../../src/fleet/version.ts"
import { sampleDevice } from "../sample-device.ts"
import { sampleFailure, sampleRelease } from "../sample-release.ts"

/** The time of every change; a server under test has its clock set to it. */
export const NOW = new Date("2026-02-03T04:05:06.789Z")
export const at = { now: NOW, actor: "tester" }
export const EDGE = "acme/edge"
/** Of another organization. */
export const SITE = "site/edge"

/** A store without any fleet, for one test. */
export interface OpenedStore {
  fleets: FleetStore
  access?: AccessStore | undefined
  /** Who the history says did it. Default: the actor of `at`; a server knows the name of the token instead. */
  actor?: string | undefined
  close(): Promise<void>
}

/** The store under test, with the fleets acme/edge and site/edge in it, and what tests do with it all the time. */
export class Site {
  #opened: OpenedStore | undefined

  get store(): FleetStore {
    if (this.#opened === undefined) throw new Error("no store is open")
    return this.#opened.fleets
  }

  get actor(): string {
    return this.#opened?.actor ?? at.actor
  }

  async open(open: () => Promise<OpenedStore>): Promise<void> {
    this.#opened = await open()
    await this.store.createFleet({ slug: EDGE, registry: "127.0.0.1:5000/site" }, at)
    await this.store.createFleet({ slug: SITE, class: "app", registry: "127.0.0.1:5000/site" }, at)
  }

  async close(): Promise<void> {
    await this.#opened?.close()
    this.#opened = undefined
  }

  /** Records a success of acme/edge. */
  async release(seed: string, changes?: Partial<NewRelease>, fleet: FleetSlug = EDGE): Promise<Release> {
    return (await this.store.recordRelease(fleet, sampleRelease(seed, changes), at)).release
  }

  /** Records a success of acme/edge, and gives its raw version. */
  async record(seed: string, version?: string, variant?: string): Promise<string> {
    return rawVersion(await this.release(seed, { version: parseVersion(version, variant) }))
  }

  recordDraft(seed: string, version?: string): Promise<Release> {
    return this.release(seed, { version: parseVersion(version), isDraft: true })
  }

  failure(seed: string, status: "failed" | "cancelled" = "failed"): Promise<Release> {
    return this.store.recordUnsuccessfulRelease(EDGE, sampleFailure(seed, { status }), at)
  }

  async latest(): Promise<number | undefined> {
    return (await this.store.latestRelease(EDGE))?.id
  }

  /** What devices that follow acme/edge should run. */
  async target(fleet: FleetSlug = EDGE): Promise<number | undefined> {
    return (await this.store.getFleet(fleet)).target?.id
  }

  device(number: number, fleet: FleetSlug = EDGE): Promise<Device> {
    return this.store.registerDevice(fleet, sampleDevice(number), at)
  }

  /** Moves one device, and gives it. */
  async move(
    uuid: string,
    fleet: FleetSlug,
    options: Parameters<FleetStore["moveDevices"]>[2],
  ): Promise<Device | undefined> {
    const [moved] = await this.store.moveDevices([uuid], fleet, options)
    return moved
  }

  /** The targets of all devices, in order of registration. */
  async targets(fleet: FleetSlug = EDGE): Promise<(number | undefined)[]> {
    return (await this.store.listDevices({ fleet })).map((device) => device.target?.id)
  }

  /** The history, oldest first, in one line each: the action, the version, the last digit of the device, the other fleet. */
  async history(fleet: FleetSlug = EDGE): Promise<string[]> {
    const events = await this.store.listEvents(fleet)
    return events.toReversed().map((event) => {
      const device = event.device?.replace(/^0+(?=.)/, "")
      const values = event.values.map(({ of, before, after }) => `${of}:${before}→${after}`)
      const parts = [event.action, event.release?.version, device, event.otherFleet, ...values]
      return parts.filter((part) => part != null).join(" ")
    })
  }
}

/** Expects a `FleetError`, and gives it. */
export async function refused(
  code: FleetErrorCode,
  message: RegExp,
  call: () => Promise<unknown>,
): Promise<FleetError> {
  const error = await call().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(FleetError)
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
  return error as FleetError
}
