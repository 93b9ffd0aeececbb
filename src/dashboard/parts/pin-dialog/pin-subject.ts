import type { Device, TargetChange } from "../../calls/answers.ts"
import { call, etagOf } from "../../calls/call.ts"
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
      /** What the change is bound to beside. */
      bound?: { generation?: number }
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

/** What a pin would move, and how many devices a filter finds by now. */
export interface PinPreview extends Moves {
  matched?: number
}

/** What a pin would make devices run, before it is done. */
export async function previewPin(
  subject: PinSubject,
  release: number,
  signal: AbortSignal,
): Promise<PinPreview> {
  if (subject.kind === "fleet") {
    const params = fleetParams(subject.fleet.slug)
    const body = { policy: "pinned", release } as const
    const etag = etagOf(subject.fleet)
    const path = "put /fleets/{organization}/{name}/policy"
    const { targetChange } = await call(path, { params, query: { preview: "true" }, body }, { signal, etag })
    return movesOfFleet(targetChange)
  }
  // However many match by now is what is to be shown.
  const { expected: _, ...selection } = subject.selection
  const body = { ...selection, policy: "pinned", release } as const
  const { matched, moves, unchanged } = await call("post /devices/preview", { body }, { signal })
  return {
    matched,
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
  const stay =
    pinned === 0
      ? []
      : [
          `${printCount(pinned, "device")} ${pinned === 1 ? "stays on its own pin" : "stay on their own pins"}`,
        ]
  if (before?.id === after?.id) return { moves: [], others: ["The target stays as it is", ...stay] }
  const move = { from: before?.version ?? null, to: after?.version ?? null, devices: tracking }
  return { moves: [move], others: stay }
}
