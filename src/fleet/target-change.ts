import type { DeviceCounts } from "./device.ts"
import type { ReleaseName } from "./release.ts"

/** What a change did to the release that a fleet deploys. */
export interface TargetChange {
  /** The target of the fleet; `null` for none. */
  before: ReleaseName | null
  after: ReleaseName | null
  /** Whether the fleet is pinned then, and so stays where it is whatever is recorded. */
  isPinned: boolean
  /** The fleet's devices at that moment: those that track follow it to the target, those with a pin of their own do not. */
  devices: DeviceCounts
}

/** Whether devices that follow the fleet have another target by it. */
export function movesTarget({ before, after }: TargetChange): boolean {
  return before?.id !== after?.id
}
