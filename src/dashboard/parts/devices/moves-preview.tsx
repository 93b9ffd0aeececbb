import { Skeleton } from "@mantine/core"
import type { UseQueryResult } from "@tanstack/react-query"
import { printCount } from "../count.ts"
import { MovesText } from "../pin-dialog/moves-text.tsx"
import type { Moves } from "../pin-dialog/pin-subject.ts"
import { ProblemAlert } from "../problem-alert.tsx"
import type { DevicesPreview } from "./use-devices-preview.ts"

/** So many kinds of moves are told one by one. */
const TOLD = 5

/** Says what devices would run, before it is done. */
export function MovesPreview({ preview: { data, error } }: { preview: UseQueryResult<DevicesPreview> }) {
  if (error !== null) return <ProblemAlert error={error} title="This is not possible" />
  return <div aria-live="polite">{data ? <MovesText {...movesOf(data)} /> : <Skeleton height={24} />}</div>
}

function movesOf({ moves, unchanged }: DevicesPreview): Moves {
  const others = moves.slice(TOLD).reduce((sum, { devices }) => sum + devices, 0)
  return {
    moves: moves
      .slice(0, TOLD)
      .map(({ from, to, devices }) => ({ from: nameOf(from, to), to: nameOf(to, from), devices })),
    others: [
      ...(others > 0 ? [`${printCount(others, "device")} between other releases`] : []),
      ...(unchanged > 0 ? [`${printCount(unchanged, "device")} with the same target as before`] : []),
    ],
  }
}

type Name = DevicesPreview["moves"][number]["to"]

/** With its fleet, where the other one is of another. */
function nameOf(release: Name, other: Name): string | null {
  if (release === null) return null
  const isMove = other !== null && other.fleet !== release.fleet
  return isMove ? `${release.fleet} ${release.version}` : release.version
}
