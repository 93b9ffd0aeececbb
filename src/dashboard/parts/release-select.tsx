import { Select } from "@mantine/core"
import { useDebouncedValue } from "@mantine/hooks"
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { question } from "../calls/queries.ts"
import { fleetParams } from "./fleet-params.ts"

/** So many are offered of what fits what was typed: whoever seeks another types more of it. */
const OFFERED = 20
const PAUSE = 200

interface Props {
  /** `organization/name` of the fleet whose release it is. */
  fleet: string
  label: string
  placeholder: string
  description?: string
  /** The id of a release. */
  value: number | undefined
  onChange: (release: number | undefined) => void
  /** Those alone that a device can be pinned to. */
  isPinnable?: boolean
}

/** A release of a fleet, found by what is typed of it. It asks the server for those that fit. */
export function ReleaseSelect({ fleet, value, onChange, isPinnable = false, ...field }: Props) {
  const [typed, setTyped] = useState("")
  const [search] = useDebouncedValue(typed.trim(), PAUSE)
  const { data: chosen } = useQuery({
    ...question("get /releases/{id}", { params: { id: value ?? 0 } }),
    enabled: value !== undefined,
  })
  // What is chosen stands in the field, and is not looked for.
  const isSought = search !== "" && search !== chosen?.version
  const { data: found } = useQuery({
    ...question("get /fleets/{organization}/{name}/releases", {
      params: fleetParams(fleet),
      query: { limit: OFFERED, ...(isPinnable && { pinnable: "device" }), ...(isSought && { search }) },
    }),
    placeholderData: keepPreviousData,
  })
  const offered = [...(found?.items ?? [])]
  if (chosen !== undefined && !offered.some(({ id }) => id === chosen.id)) offered.unshift(chosen)
  return (
    <Select
      {...field}
      searchable
      // Within the page, not behind it, for whoever goes from region to region.
      comboboxProps={{ withinPortal: false }}
      clearable
      clearButtonProps={{ "aria-label": `Clear: ${field.label}` }}
      data={offered.map(({ id, version }) => ({ value: String(id), label: version }))}
      // The server has found them, by more than what is shown of them.
      filter={({ options }) => options}
      value={value === undefined ? null : String(value)}
      onChange={(id) => onChange(id === null ? undefined : Number(id))}
      searchValue={typed}
      onSearchChange={setTyped}
      nothingFoundMessage="No release fits"
    />
  )
}
