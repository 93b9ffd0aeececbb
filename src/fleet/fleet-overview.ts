import type { Fleet } from "./fleet.ts"
import type { FleetEvent } from "./fleet-event.ts"
import type { Rollout } from "./rollout.ts"

/** A fleet with how far its target has come, and what was done last. */
export interface FleetOverview {
  fleet: Fleet
  rollout: Rollout
  /** `null` where its history has nothing. */
  lastEvent: FleetEvent | null
}
