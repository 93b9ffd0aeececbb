import type { Device } from "./device.ts"
import type { ReleaseName } from "./release.ts"

export const ROLLOUT_PARTS = ["on-target", "on-the-way", "pinned-elsewhere", "silent"] as const

/** Where a device is in the rollout of its fleet's target. It is in one part at any time: see `rolloutPartOf`. */
export type RolloutPart = (typeof ROLLOUT_PARTS)[number]

/** In seconds: a device that has not reported for so long is silent, where nobody says otherwise. */
export const SILENT_AFTER = 86_400

/** Since when a device that is not silent has reported. */
export interface Silence {
  /** In seconds: whoever has not reported for longer, or never, is silent. Default `SILENT_AFTER`. */
  silentAfter?: number | undefined
  /** What that is counted back from. A store behind a server goes by the server's clock instead. */
  now: Date
}

/** How far the target of a fleet has come. The parts add up to its devices. */
export interface Rollout {
  /** The target of the fleet; `null` for none. */
  target: ReleaseName | null
  /** Its newest release that is final, successful and valid, also where the fleet is pinned to another. */
  latest: ReleaseName | null
  devices: number
  onTarget: number
  onTheWay: number
  pinnedElsewhere: number
  silent: number
}

/** The time, in ISO 8601, before which the last report of a silent device was. */
export function silentBefore({ silentAfter = SILENT_AFTER, now }: Silence): string {
  return new Date(Math.max(0, now.getTime() - silentAfter * 1000)).toISOString()
}

/**
 * The part of a device, the first of these that holds: it is silent; it has a pin of its own to something else than the target of its
 * fleet; it runs that target (which is nothing, where there is none); it is on the way there.
 */
export function rolloutPartOf(
  { pin, current, reportedAt }: Pick<Device, "pin" | "current" | "reportedAt">,
  target: Pick<ReleaseName, "id"> | null,
  silence: Silence,
): RolloutPart {
  if (reportedAt === null || reportedAt < silentBefore(silence)) return "silent"
  if (pin !== null && pin.id !== target?.id) return "pinned-elsewhere"
  return current?.id === target?.id ? "on-target" : "on-the-way"
}
