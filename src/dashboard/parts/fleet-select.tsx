import { Select } from "@mantine/core"
import { useDebouncedValue } from "@mantine/hooks"
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { question } from "../calls/queries.ts"

/** So many are offered of what fits what was typed: whoever seeks another types more of it. */
const OFFERED = 20
const PAUSE = 200

interface Props {
  label: string
  value: string | undefined
  onChange: (slug: `${string}/${string}` | undefined) => void
}

/** A fleet, found by what is typed of it. It asks the server for those that fit. */
export function FleetSelect({ label, value, onChange }: Props) {
  const [typed, setTyped] = useState("")
  const [search] = useDebouncedValue(typed.trim(), PAUSE)
  // What is chosen stands in the field, and is not looked for.
  const isSought = search !== "" && search !== value
  const { data } = useQuery({
    ...question("get /fleets", { query: { limit: OFFERED, ...(isSought && { search }) } }),
    placeholderData: keepPreviousData,
  })
  const found = data?.items.map(({ slug }) => slug) ?? []
  const offered = value === undefined || found.some((slug) => slug === value) ? found : [value, ...found]
  return (
    <Select
      label={label}
      placeholder="organization/name"
      searchable
      required
      data-autofocus
      data={offered}
      // The server has found them.
      filter={({ options }) => options}
      value={value ?? null}
      onChange={(slug) => onChange((slug as `${string}/${string}` | null) ?? undefined)}
      searchValue={typed}
      onSearchChange={setTyped}
      nothingFoundMessage="No fleet fits"
    />
  )
}
