import { describe, expect, test } from "vitest"
import { FleetError } from "../../src/fleet/fleet-error.ts"
import {
  afterDevicePin,
  afterFleetPin,
  afterMove,
  afterReleaseChange,
  afterRemoval,
  canBeLatest,
  checkDevicePin,
  checkFleetPin,
  checkGeneration,
  checkRemoval,
  targetOfDevice,
  targetOfFleet,
  trackedRelease,
} from "../../src/fleet/policy.ts"
import { parseVersion } from "../../src/fleet/version.ts"
import { uuidOf } from "./sample-device.ts"

const release = {
  id: 7,
  fleet: "acme/edge",
  commit: "abcdef0",
  version: parseVersion("1.2.3"),
  revision: 1,
  createdAt: "2026-01-01T00:00:00.000Z",
  status: "success",
  isInvalidated: false,
} as const
const failed = { ...release, status: "failed", revision: null } as const
const cancelled = { ...failed, status: "cancelled" } as const
const running = { ...failed, status: "running" } as const
const invalidated = { ...release, isInvalidated: true } as const
const draft = { ...release, revision: null } as const
const device = { uuid: uuidOf(1), fleet: "acme/edge" } as const

describe("which release runs where", () => {
  test.each([
    ["a final valid success", release, true],
    ["a draft", draft, false],
    ["an invalidated release", invalidated, false],
    ["a failed build", failed, false],
    ["a cancelled build", cancelled, false],
    ["a running build", running, false],
  ])("latest can be %s: it is %s", (_, candidate, can) => {
    expect(canBeLatest(candidate)).toBe(can)
  })

  test.each([
    ["the latest there is", 1, 2, 2],
    ["the first of all", null, 2, 2],
    ["what it tracked, where there is no latest any more", 1, null, 1],
    ["nothing, where there never was one", null, null, null],
  ])("a fleet tracks %s", (_, present, latest, tracked) => {
    expect(trackedRelease(present, latest)).toBe(tracked)
  })

  test.each([
    [null, null, null],
    [null, 1, 1],
    [2, 1, 2],
    [2, null, 2],
  ])(
    "a fleet with pin %j that tracks %j has the target %j, and its devices follow",
    (pin, tracked, target) => {
      expect(targetOfFleet({ pin, tracked })).toBe(target)
      expect(targetOfDevice(null, { pin, tracked })).toBe(target)
      expect(targetOfDevice(3, { pin, tracked })).toBe(3)
    },
  )
})

describe("what a change moves", () => {
  const tracking = { pin: null, tracked: 1, generation: 5 }
  const pinned = { pin: 9, tracked: 1, generation: 5 }

  test("a newer latest moves a tracking fleet, and counts", () => {
    expect(afterReleaseChange(tracking, 2)).toEqual({ pin: null, tracked: 2, generation: 6 })
    expect(afterReleaseChange(tracking, 1)).toEqual(tracking)
    expect(afterReleaseChange(tracking, null)).toEqual(tracking)
  })

  test("a pinned fleet takes note of it, which moves and counts nothing", () => {
    expect(afterReleaseChange(pinned, 2)).toEqual({ ...pinned, tracked: 2 })
  })

  test("a pin counts, a pin to what is pinned does not, and tracking is at once on what is tracked", () => {
    expect(afterFleetPin(tracking, 9)).toEqual({ pin: 9, tracked: 1, generation: 6 })
    expect(afterFleetPin(tracking, 1)).toEqual({ pin: 1, tracked: 1, generation: 6 })
    expect(afterFleetPin(pinned, 9)).toEqual(pinned)
    expect(afterFleetPin(pinned, null)).toEqual({ pin: null, tracked: 1, generation: 6 })
  })

  test("a removed release is tracked no more", () => {
    expect(afterRemoval(pinned, 1, null)).toEqual({ ...pinned, tracked: null })
    expect(afterRemoval(pinned, 1, 3)).toEqual({ ...pinned, tracked: 3 })
    expect(afterRemoval(tracking, 2, 1)).toEqual(tracking)
  })

  test("a device that moves loses its pin unless it gets one there", () => {
    const place = { fleet: 1, pin: 9, generation: 5 }
    expect(afterMove(place, 2, undefined)).toEqual({ fleet: 2, pin: null, generation: 6 })
    expect(afterMove(place, 2, 8)).toEqual({ fleet: 2, pin: 8, generation: 6 })
    expect(afterMove(place, 1, undefined)).toBe(place)
    expect(afterMove(place, 1, 9)).toBe(place)
    expect(afterMove(place, 1, 8)).toEqual({ fleet: 1, pin: 8, generation: 6 })
    expect(afterDevicePin(place, 9)).toBe(place)
    expect(afterDevicePin(place, null)).toEqual({ fleet: 1, pin: null, generation: 6 })
  })
})

describe("what is refused", () => {
  const code = (check: () => void) => {
    try {
      check()
    } catch (error) {
      if (error instanceof FleetError) return error.code
      throw error
    }
    return "allowed"
  }

  test.each([
    ["a final valid success", release, "allowed", "allowed"],
    ["a draft", draft, "RELEASE_IS_DRAFT", "allowed"],
    ["a failed build", failed, "RELEASE_NOT_SUCCESSFUL", "RELEASE_NOT_SUCCESSFUL"],
    ["a cancelled build", cancelled, "RELEASE_NOT_SUCCESSFUL", "RELEASE_NOT_SUCCESSFUL"],
    ["a running build", running, "RELEASE_NOT_SUCCESSFUL", "RELEASE_NOT_SUCCESSFUL"],
    ["an invalidated release", invalidated, "RELEASE_INVALIDATED", "RELEASE_INVALIDATED"],
    ["an invalidated draft", { ...draft, isInvalidated: true }, "RELEASE_INVALIDATED", "RELEASE_INVALIDATED"],
    [
      "another fleet's release",
      { ...release, fleet: "site/edge" as const },
      "RELEASE_OF_OTHER_FLEET",
      "RELEASE_OF_OTHER_FLEET",
    ],
  ])("a pin to %s, to a fleet and to a device", (_, candidate, ofFleet, ofDevice) => {
    expect(code(() => checkFleetPin("acme/edge", candidate))).toBe(ofFleet)
    expect(code(() => checkDevicePin(device, candidate))).toBe(ofDevice)
  })

  test.each([
    ["a release of no use", { pin: null, tracked: 1 }, 0, "allowed"],
    ["the target", { pin: null, tracked: 7 }, 0, "RELEASE_IN_USE"],
    ["the pin", { pin: 7, tracked: 1 }, 0, "RELEASE_IN_USE"],
    ["what a pinned fleet would track", { pin: 1, tracked: 7 }, 0, "allowed"],
    ["the pin of a device", { pin: null, tracked: 1 }, 1, "RELEASE_IN_USE"],
  ])("the removal of %s", (_, fleet, devices, expected) => {
    expect(code(() => checkRemoval(release, { ...fleet, generation: 0 }, devices))).toBe(expected)
  })

  test("a change that was decided on another generation", () => {
    expect(code(() => checkGeneration("acme/edge", 3, 3))).toBe("allowed")
    expect(code(() => checkGeneration("acme/edge", 3, undefined))).toBe("allowed")
    expect(code(() => checkGeneration("acme/edge", 3, 2))).toBe("POLICY_CHANGED")
  })
})
