import { Button, Group, Stack } from "@mantine/core"
import { IconDownload } from "@tabler/icons-react"
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import { createLazyRoute } from "@tanstack/react-router"
import { urlOf } from "../../calls/call.ts"
import { question } from "../../calls/queries.ts"
import { shortUuid } from "../../parts/devices/device-name.ts"
import { NothingMatches, NothingYet } from "../../parts/empty.tsx"
import { HistoryTable } from "../../parts/history/history-table.tsx"
import { PageLink } from "../../parts/page-link.tsx"
import { PAGE_SIZE, Pager } from "../../parts/pager.tsx"
import { ProblemAlert } from "../../parts/problem-alert.tsx"
import { usePageTitle } from "../../shell/page-title.ts"
import { HistoryFilters } from "./filters.tsx"
import { type HistorySearch, queryOf } from "./history-filter.ts"

export const Route = createLazyRoute("/signed-in/fleets/$organization/$name/history")({ component: Page })

const HISTORY = "/fleets/{organization}/{name}/history"

/** Who did what to a fleet, and when. */
function Page() {
  const params = Route.useParams()
  const search = Route.useSearch()
  const navigate = Route.useNavigate()
  const slug = `${params.organization}/${params.name}`
  usePageTitle("History", slug)
  const { page = 1 } = search
  const query = queryOf(search)
  const { data, error } = useQuery({
    ...question(`get ${HISTORY}`, {
      params,
      query: { ...query, limit: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE, count: "true" },
    }),
    placeholderData: keepPreviousData,
  })
  const change = (changed: HistorySearch, isTyping = false) =>
    void navigate({
      search: { ...search, page: undefined, ...changed },
      replace: isTyping,
      resetScroll: false,
    })
  const isFiltered = Object.values(query).some((value) => value !== undefined)
  return (
    <Stack gap="sm">
      <HistoryFilters search={search} onSearch={change} />
      <Group justify="flex-end">
        <Button
          component="a"
          variant="default"
          href={urlOf(HISTORY, { params, query: { ...query, format: "csv" } })}
          download
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          Download as CSV
        </Button>
      </Group>
      <ProblemAlert error={error} title="The history could not be listed" />
      {(data !== undefined || error === null) && (
        <HistoryTable
          label={`History of ${slug}`}
          events={data?.items}
          device={(uuid) => <DeviceLink uuid={uuid} organization={params.organization} />}
          empty={
            isFiltered ? (
              <NothingMatches onClear={() => void navigate({ search: {} })} />
            ) : (
              <NothingYet>Nothing was done to {slug} yet.</NothingYet>
            )
          }
        />
      )}
      <Pager
        page={page}
        total={data?.total}
        onPage={(page) => void navigate({ search: { ...search, page } })}
      />
    </Stack>
  )
}

function DeviceLink({ uuid, organization }: { uuid: string; organization: string }) {
  return (
    <PageLink
      to="/devices/$uuid"
      params={{ uuid }}
      search={{ organization }}
      size="sm"
      underline="always"
      title={uuid}
    >
      {shortUuid(uuid)}
    </PageLink>
  )
}
