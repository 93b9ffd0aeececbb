import type { Device, TargetChange } from "../../calls/answers.ts"
import { call } from "../../calls/call.ts"
import type { CallInput } from "../../calls/routes.ts"
import { printCount } from "../count.ts"
import { fleetParams } from "../fleet-params.ts"
import type { Fleet } from "../use-fleet.ts"

type Selection = Omit<CallInput<"post /devices/preview">["body"], "policy" | "release">

/** What is to be pinned: a fleet, or devices of one. */
export type PinSubject =
  | { kind: "fleet"; fleet: Fleet }
  | {
      kind: "devices"
      /** Its slug. */
      fleet: string
      /** As "press 4", or "3 devices of acme/edge". */
      name: string
      selection: Selection
      /** As they are shown, where they are named one by one. */
      devices?: readonly Device[] | undefined
    }

/** How many devices go from where to where. */
export interface Moves {
  moves: readonly { from: string | null; to: string | null; devices: number }[]
  /** What else is to be said. */
  others: readonly string[]
}

export function slugOf(subject: PinSubject): string {
  return subject.kind === "fleet" ? subject.fleet.slug : subject.fleet
}

/** What a pin would make devices run, before it is done. */
export async function previewPin(subject: PinSubject, release: number, signal: AbortSignal): Promise<Moves> {
  if (subject.kind === "fleet") {
    const params = fleetParams(subject.fleet.slug)
    const body = { policy: "pinned", release } as const
    const path = "put /fleets/{organization}/{name}/policy"
    const { targetChange } = await call(path, { params, query: { preview: "true" }, body }, { signal })
    return movesOfFleet(targetChange)
  }
  const body = { ...subject.selection, policy: "pinned", release } as const
  const { moves, unchanged } = await call("post /devices/preview", { body }, { signal })
  return {
    moves: moves.map(({ from, to, devices }) => ({
      from: from?.version ?? null,
      to: to?.version ?? null,
      devices,
    })),
    others: unchanged === 0 ? [] : [`${printCount(unchanged, "device")} there already`],
  }
}

/** What a change of a fleet's target means for its devices. */
export function movesOfFleet({ before, after, devices: { tracking, pinned } }: TargetChange): Moves {
  const stay = pinned === 0 ? [] : [`${printCount(pinned, "device")} with pins of their own stay`]
  if (before?.id === after?.id) return { moves: [], others: ["the target stays as it is", ...stay] }
  const move = { from: before?.version ?? null, to: after?.version ?? null, devices: tracking }
  return { moves: [move], others: stay }
}
