import { SimpleGrid, Skeleton, Stack, Text, Title } from "@mantine/core"
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import type { Device, Release } from "../../calls/answers.ts"
import { question } from "../../calls/queries.ts"
import { printCount } from "../../parts/count.ts"
import { type Column, DataTable } from "../../parts/data-table.tsx"
import { nameOf } from "../../parts/devices/device-name.ts"
import { fleetParams } from "../../parts/fleet-params.ts"
import { PageLink } from "../../parts/page-link.tsx"
import { PolicyBadge } from "../../parts/policy-badge.tsx"
import { ProblemAlert } from "../../parts/problem-alert.tsx"
import { TimeAgo } from "../../parts/time-ago.tsx"

/** Shown of each; the page of devices has all of them. */
const SHOWN = 10

const COLUMNS: Column<Device>[] = [
  {
    title: "Name",
    cell: (device) => (
      <PageLink
        to="/devices/$uuid"
        params={{ uuid: device.uuid }}
        search={{ organization: fleetParams(device.fleet).organization }}
        size="sm"
        style={{ overflowWrap: "anywhere" }}
      >
        {nameOf(device)}
      </PageLink>
    ),
  },
  { title: "Release policy", cell: ({ pin }) => <PolicyBadge isPinned={pin !== null} /> },
  {
    title: "Last report",
    cell: ({ reportedAt }) => (reportedAt === null ? "never" : <TimeAgo at={reportedAt} />),
  },
]

/** Which devices run a release, and which should. */
export function DevicesTab({ release }: { release: Release }) {
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Devices release={release} by="target" title="Target it" />
      <Devices release={release} by="current" title="Run it" />
    </SimpleGrid>
  )
}

function Devices({ release, by, title }: { release: Release; by: "target" | "current"; title: string }) {
  const { id, fleet, version } = release
  const { data, error } = useQuery({
    ...question("get /devices", { query: { fleet, [by]: id, limit: SHOWN, count: "true" } }),
    placeholderData: keepPreviousData,
  })
  const total = data?.total ?? 0
  return (
    <Stack gap="xs">
      <Title order={3} size="h4">
        {title}
      </Title>
      <ProblemAlert error={error} title="The devices could not be listed" />
      {(data !== undefined || error === null) && (
        <DataTable
          label={`Devices: ${title.toLowerCase()}`}
          columns={COLUMNS}
          rows={data?.items}
          keyOf={({ uuid, fleet }) => `${fleet} ${uuid}`}
          empty={
            <Text size="sm">
              No device {by === "target" ? "should run" : "said that it runs"} {version}.
            </Text>
          }
        />
      )}
      {data === undefined && error === null && <Skeleton height={20} w={160} />}
      {total > 0 && (
        <PageLink
          to="/fleets/$organization/$name/devices"
          params={fleetParams(fleet)}
          search={{ [by]: id }}
          size="sm"
        >
          Show {printCount(total, "device")} with what can be done to them
        </PageLink>
      )}
    </Stack>
  )
}
