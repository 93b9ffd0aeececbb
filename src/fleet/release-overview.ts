import type { ReleaseContent, ReleaseSummary } from "./release.ts"

/** What a release is to its fleet and to devices. */
export interface ReleaseUse {
  /** Whether it is the newest of its fleet that is final, successful and valid. */
  isLatest: boolean
  /** Whether it is the target of its fleet. */
  isTarget: boolean
  /** Whether its fleet is pinned to it. */
  isFleetPin: boolean
  /** Devices with a pin of their own to it. */
  pinnedDevices: number
  /** Devices that last said that they run it. */
  currentDevices: number
  /** Devices that should run it: those pinned to it, and where it is the target of its fleet, those that follow that. */
  targetDevices: number
}

/** A release as a list shows it that says what each is used for. */
export type ReleaseOverview = ReleaseSummary & Pick<ReleaseContent, "note" | "tags"> & { use: ReleaseUse }
