import { Group, Stack } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import { useEffect, useState } from "react"
import type { Device } from "../../calls/answers.ts"
import { useMay } from "../../calls/session.ts"
import { DataTable } from "../../parts/data-table.tsx"
import { nameOf } from "../../parts/devices/device-name.ts"
import { pinSubjectOf } from "../../parts/devices/pin-subject-of.ts"
import type { SelectedDevices } from "../../parts/devices/selected-devices.ts"
import { NothingMatches, NothingYet } from "../../parts/empty.tsx"
import { PAGE_SIZE, Pager } from "../../parts/pager.tsx"
import { PinDialog } from "../../parts/pin-dialog/pin-dialog.tsx"
import type { PinSubject } from "../../parts/pin-dialog/pin-subject.ts"
import { ProblemAlert } from "../../parts/problem-alert.tsx"
import { columnsOf } from "./columns.tsx"
import { devicesQuestion, filterOf } from "./devices-question.ts"
import { DevicesFilters } from "./filters.tsx"
import { Modify } from "./modify.tsx"
import type { DevicesSearch } from "./route.ts"
import { SelectionBar } from "./selection-bar.tsx"
import { keyOf, useSelection } from "./use-selection.ts"

/** Until Pin to release is opened for something. */
const NOTHING: PinSubject = { kind: "devices", fleet: "", name: "", selection: { uuids: [] } }

interface Props {
  /** `undefined` for those of all fleets. */
  fleet: string | undefined
  search: DevicesSearch
  onSearch: (search: DevicesSearch, options?: { replace?: boolean; resetScroll?: boolean }) => void
}

/** Devices as the address says, what can be looked for, and what can be done to them. */
export function Devices({ fleet, search, onSearch }: Props) {
  const may = useMay()
  const { data, error } = useQuery({
    ...devicesQuestion(fleet, search),
    placeholderData: keepPreviousData,
  })
  const rows = data?.items
  const total = data?.total
  const selection = useSelection({ fleet, search, rows, total })
  const [pinned, setPinned] = useState(NOTHING)
  const [isPinning, pinning] = useDisclosure()
  const pin = (selected: SelectedDevices) => {
    const subject = pinSubjectOf(selected)
    if (subject === undefined) return
    setPinned(subject)
    pinning.open()
  }
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
      {may("deploy") && (
        <Group justify="space-between" mih={36}>
          <SelectionBar {...selection} total={total ?? 0} mayAll={fleet !== undefined} />
          <Modify
            selected={selection.selected}
            onPin={pin}
            onDone={(action) =>
              (action === "move" || action === "remove" ? selection.clear : selection.clearAll)()
            }
          />
        </Group>
      )}
      {(data !== undefined || error === null) && (
        <DataTable
          label={fleet === undefined ? "Devices" : `Devices of ${fleet}`}
          columns={columnsOf({
            hasFleet: fleet === undefined,
            onPin: may("deploy") ? (device) => pin({ devices: [device] }) : undefined,
          })}
          rows={isBehind ? undefined : rows}
          keyOf={keyOf}
          sort={search.sort}
          onSort={(sort) => change({ sort: sort as DevicesSearch["sort"] })}
          {...(may("deploy") && { selection: selectionProps(selection, rows) })}
          empty={<Nothing fleet={fleet} search={search} onSearch={onSearch} />}
        />
      )}
      <Pager page={page} total={total} onPage={(page) => onSearch({ ...search, page })} />
      <PinDialog subject={pinned} isOpen={isPinning} onClose={pinning.close} onDone={selection.clearAll} />
    </Stack>
  )
}

function selectionProps(
  { keys, tick }: ReturnType<typeof useSelection>,
  rows: readonly Device[] | undefined,
) {
  return {
    keys,
    onChange: tick,
    label: (key: string) => {
      const row = rows?.find((row) => keyOf(row) === key)
      return `Select ${row === undefined ? "device" : nameOf(row)}`
    },
  }
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
