import { Stack } from "@mantine/core"
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import type { Device } from "../../calls/answers.ts"
import { question } from "../../calls/queries.ts"
import { nameOf, shortUuid } from "../../parts/devices/device-name.ts"
import { NothingYet } from "../../parts/empty.tsx"
import { HistoryTable } from "../../parts/history/history-table.tsx"
import { PAGE_SIZE, Pager } from "../../parts/pager.tsx"
import { ProblemAlert } from "../../parts/problem-alert.tsx"

interface Props {
  device: Device
  page: number
  onPage: (page: number) => void
}

/** Who did what to a device, in whatever fleets it was. */
export function DeviceHistory({ device, page, onPage }: Props) {
  const { data, error } = useQuery({
    ...question("get /events", {
      query: {
        device: device.uuid,
        organization: device.fleet.split("/")[0],
        limit: PAGE_SIZE,
        offset: (page - 1) * PAGE_SIZE,
        count: "true",
      },
    }),
    placeholderData: keepPreviousData,
  })
  return (
    <Stack gap="sm">
      <ProblemAlert error={error} title="The history could not be listed" />
      {(data !== undefined || error === null) && (
        <HistoryTable
          label={`History of ${nameOf(device)}`}
          events={data?.items}
          device={shortUuid}
          hasFleet
          empty={<NothingYet>Nothing was done to this device yet.</NothingYet>}
        />
      )}
      <Pager page={page} total={data?.total} onPage={onPage} />
    </Stack>
  )
}
