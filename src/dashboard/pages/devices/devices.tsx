import { Stack } from "@mantine/core"
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import { useEffect } from "react"
import { DataTable } from "../../parts/data-table.tsx"
import { NothingMatches, NothingYet } from "../../parts/empty.tsx"
import { PAGE_SIZE, Pager } from "../../parts/pager.tsx"
import { ProblemAlert } from "../../parts/problem-alert.tsx"
import { columnsOf } from "./columns.tsx"
import { devicesQuestion, filterOf } from "./devices-question.ts"
import { DevicesFilters } from "./filters.tsx"
import type { DevicesSearch } from "./route.ts"

interface Props {
  /** `undefined` for those of all fleets. */
  fleet: string | undefined
  search: DevicesSearch
  onSearch: (search: DevicesSearch, options?: { replace?: boolean; resetScroll?: boolean }) => void
}

/** Devices as the address says, what can be looked for, and what can be done to them. */
export function Devices({ fleet, search, onSearch }: Props) {
  const { data, error } = useQuery({
    ...devicesQuestion(fleet, search),
    placeholderData: keepPreviousData,
  })
  const rows = data?.items
  const total = data?.total
  const page = search.page ?? 1
  const change = (changed: DevicesSearch, isTyping = false) =>
    onSearch({ ...search, page: undefined, ...changed }, { replace: isTyping, resetScroll: false })

  // Those of the last page may be gone meanwhile.
  const lastPage = Math.max(1, Math.ceil((total ?? 0) / PAGE_SIZE))
  const isBehind = total !== undefined && page > lastPage
  useEffect(() => {
    if (isBehind) onSearch({ ...search, page: lastPage }, { replace: true })
  })

  return (
    <Stack gap="sm">
      <DevicesFilters fleet={fleet} search={search} onSearch={change} />
      <ProblemAlert error={error} title="The devices could not be listed" />
      {(data !== undefined || error === null) && (
        <DataTable
          label={fleet === undefined ? "Devices" : `Devices of ${fleet}`}
          columns={columnsOf({ hasFleet: fleet === undefined, onPin: undefined })}
          rows={isBehind ? undefined : rows}
          keyOf={({ id }) => String(id)}
          sort={search.sort}
          onSort={(sort) => change({ sort: sort as DevicesSearch["sort"] })}
          empty={<Nothing fleet={fleet} search={search} onSearch={onSearch} />}
        />
      )}
      <Pager page={page} total={total} onPage={(page) => onSearch({ ...search, page })} />
    </Stack>
  )
}

function Nothing({ fleet, search, onSearch }: Props) {
  const isFiltered = Object.values(filterOf(search)).some((value) => value !== undefined)
  if (isFiltered) return <NothingMatches onClear={() => onSearch({ sort: search.sort })} />
  return (
    <NothingYet command={`waybill device register ${fleet ?? "acme/edge"} --name "press 4"`}>
      {fleet === undefined ? "There are no devices yet." : `${fleet} has no devices yet.`} Register one:
    </NothingYet>
  )
}
