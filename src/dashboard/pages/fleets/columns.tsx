import { Stack, Text } from "@mantine/core"
import type { Answer } from "../../calls/routes.ts"
import type { Column } from "../../parts/data-table.tsx"
import { fleetParams } from "../../parts/fleet-params.ts"
import { eventWords } from "../../parts/history/event-words.tsx"
import { PageLink } from "../../parts/page-link.tsx"
import { PolicyBadge } from "../../parts/policy-badge.tsx"
import { RolloutBar } from "../../parts/rollout/rollout-bar.tsx"
import { TimeAgo } from "../../parts/time-ago.tsx"

type Overview = Answer<"get /fleet-overviews">["items"][number]

export const COLUMNS: readonly Column<Overview>[] = [
  {
    title: "Fleet",
    cell: ({ fleet }) => (
      <PageLink to="/fleets/$organization/$name" params={fleetParams(fleet.slug)} fw={600}>
        {fleet.slug}
      </PageLink>
    ),
  },
  { title: "Class", cell: ({ fleet }) => fleet.class },
  { title: "Release policy", cell: ({ fleet }) => <PolicyBadge isPinned={fleet.pin !== null} /> },
  { title: "Target release", cell: ({ fleet }) => fleet.target?.version ?? "none" },
  {
    title: "Devices",
    cell: ({ rollout }) => (
      <Stack gap={2} miw={140}>
        <RolloutBar rollout={rollout} size="sm" />
        {rollout.devices > 0 && (
          <Text size="xs" c="dimmed">
            {rollout.onTarget.toLocaleString("en")} of {rollout.devices.toLocaleString("en")} on target
          </Text>
        )}
      </Stack>
    ),
  },
  {
    title: "Last event",
    cell: ({ lastEvent }) =>
      lastEvent === null ? (
        "–"
      ) : (
        <Text size="sm">
          {lastEvent.actor} {eventWords(lastEvent, lastEvent.device?.slice(0, 8))}{" "}
          <TimeAgo at={lastEvent.at} />
        </Text>
      ),
  },
]
