import type { OperationOptions } from "../content/interfaces.ts"
import type { FleetAction } from "./fleet-event.ts"
import type { FleetSlug } from "./slug.ts"

export const CHANGED_PARTS = ["fleet", "releases", "devices", "history"] as const

/** What of a fleet has to be asked again. */
export type ChangedPart = (typeof CHANGED_PARTS)[number]

/**
 * That something is not what it was: some parts of a fleet; who may what, as where a token was revoked; or anything, where
 * nobody knows what was missed.
 */
export type Change =
  | { kind: "fleet"; fleet: FleetSlug; of: readonly ChangedPart[] }
  | { kind: "access" }
  | { kind: "all" }

/** Tells what changes in a database, whichever process changes it. It says what to ask again, and not what is there then. */
export interface ChangeFeed {
  /**
   * Calls `onChange` for each change that is done from the moment when the promise is kept, until the function that it gives
   * is called. One change may be told twice.
   */
  listen(onChange: (change: Change) => void): Promise<() => void>

  /**
   * What has changed since a time, as far back as the history says it in some steps; else that anything may have. Somewhat
   * older changes may be among it: clocks of servers differ, and changes take a while.
   */
  changesSince(since: Date, options: OperationOptions & { now: Date }): Promise<Change[]>
}

/** A device that reports: no entry of the history. */
export const REPORTED: readonly ChangedPart[] = ["devices"]

/** What an entry of the history says is not what it was. What a fleet deploys is its devices' target, and marked in its releases. */
export function partsChangedBy(action: FleetAction): readonly ChangedPart[] {
  return action.startsWith("device.") ? ["devices", "history"] : CHANGED_PARTS
}
