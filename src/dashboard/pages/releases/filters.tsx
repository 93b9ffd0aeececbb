import { Group, NativeSelect } from "@mantine/core"
import { SearchText } from "../../parts/search-text.tsx"
import { oneOf } from "../../search.ts"
import { type ReleasesSearch, STATUSES } from "./search.ts"

interface Props {
  search: ReleasesSearch
  onSearch: (changed: ReleasesSearch, isTyping?: boolean) => void
}

const KINDS = [
  { value: "", label: "Drafts and final ones" },
  { value: "false", label: "Final" },
  { value: "true", label: "Drafts" },
]

const VALIDITIES = [
  { value: "", label: "Valid and invalidated" },
  { value: "false", label: "Valid" },
  { value: "true", label: "Invalidated" },
]

/** What releases are looked for. */
export function ReleasesFilters({ search, onSearch }: Props) {
  return (
    <Group align="flex-end" gap="sm">
      <SearchText
        label="Search"
        placeholder="Version, commit or note"
        value={search.search}
        onSearch={(words) => onSearch({ search: words }, true)}
      />
      <SearchText
        label="Tag"
        placeholder="key=value or key"
        value={search.tag}
        onSearch={(tag) => onSearch({ tag }, true)}
      />
      <NativeSelect
        label="Status"
        data={[{ value: "", label: "Any" }, ...STATUSES]}
        value={search.status ?? ""}
        onChange={({ currentTarget }) => onSearch({ status: oneOf(STATUSES, currentTarget.value) })}
      />
      <NativeSelect
        label="Drafts"
        data={KINDS}
        value={search.draft ?? ""}
        onChange={({ currentTarget }) => onSearch({ draft: yesOrNo(currentTarget.value) })}
      />
      <NativeSelect
        label="Validity"
        data={VALIDITIES}
        value={search.invalidated ?? ""}
        onChange={({ currentTarget }) => onSearch({ invalidated: yesOrNo(currentTarget.value) })}
      />
    </Group>
  )
}

function yesOrNo(value: string) {
  return oneOf(["true", "false"], value)
}
