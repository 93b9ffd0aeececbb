import { NativeSelect, SimpleGrid, TextInput } from "@mantine/core"
import { ACTION_NAMES } from "../../parts/history/event-words.tsx"
import { SearchText } from "../../parts/search-text.tsx"
import type { HistorySearch } from "./history-filter.ts"

const ACTIONS = [
  { value: "", label: "Anything" },
  ...Object.entries(ACTION_NAMES).map(([value, label]) => ({ value, label })),
]

interface Props {
  search: HistorySearch
  /** What is to be looked for instead. `isTyping`: more of it is likely to come. */
  onSearch: (change: HistorySearch, isTyping?: boolean) => void
}

/** What entries are looked for. */
export function HistoryFilters({ search, onSearch }: Props) {
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="sm" verticalSpacing="sm">
      <NativeSelect
        label="What"
        data={ACTIONS}
        value={search.action ?? ""}
        onChange={({ currentTarget: { value } }) => onSearch({ action: value || undefined })}
      />
      <SearchText
        label="Who"
        placeholder="The whole name"
        value={search.actor}
        onSearch={(actor) => onSearch({ actor }, true)}
      />
      <SearchText
        label="Device"
        placeholder="The whole UUID"
        value={search.device}
        onSearch={(device) => onSearch({ device }, true)}
      />
      <SearchText
        label="Commit"
        placeholder="7 or more digits"
        value={search.commit}
        onSearch={(commit) => onSearch({ commit }, true)}
      />
      <TextInput
        type="date"
        label="From"
        value={search.since ?? ""}
        onChange={({ currentTarget: { value } }) => onSearch({ since: value || undefined }, true)}
      />
      <TextInput
        type="date"
        label="To"
        value={search.until ?? ""}
        onChange={({ currentTarget: { value } }) => onSearch({ until: value || undefined }, true)}
      />
    </SimpleGrid>
  )
}
