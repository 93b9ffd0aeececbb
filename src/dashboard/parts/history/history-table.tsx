import { Text } from "@mantine/core"
import type { ReactNode } from "react"
import type { FleetEvent } from "../../calls/answers.ts"
import { type Column, DataTable } from "../data-table.tsx"
import { TimeAgo } from "../time-ago.tsx"
import { EventChange } from "./event-change.tsx"
import { eventWords } from "./event-words.tsx"

interface Props {
  /** What the table lists, for who does not see it. */
  label: string
  /** `undefined` while they are loading. */
  events: readonly FleetEvent[] | undefined
  /** How the device of an event is shown, such as by a link. */
  device: (uuid: string) => ReactNode
  /** Whether they are of several fleets. */
  hasFleet?: boolean
  empty: ReactNode
}

/** Who did what and when, with what was before and after. */
export function HistoryTable({ label, events, device, hasFleet = false, empty }: Props) {
  const columns: Column<FleetEvent>[] = [
    {
      title: "When",
      cell: ({ at }) => (
        <Text size="sm" style={{ whiteSpace: "nowrap" }}>
          <TimeAgo at={at} />
        </Text>
      ),
    },
    {
      title: "Who",
      cell: ({ actor }) => (
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          {actor}
        </Text>
      ),
    },
    ...(hasFleet ? [{ title: "Fleet", cell: ({ fleet }: FleetEvent) => fleet }] : []),
    {
      title: "What",
      cell: (event) => (
        <Text size="sm">{eventWords(event, event.device === null ? "" : device(event.device))}</Text>
      ),
    },
    { title: "Before → after", cell: (event) => <EventChange event={event} /> },
  ]
  return (
    <DataTable label={label} columns={columns} rows={events} keyOf={({ id }) => String(id)} empty={empty} />
  )
}
