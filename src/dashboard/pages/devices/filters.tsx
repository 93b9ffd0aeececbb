import { Button, Collapse, Group, NativeSelect, SimpleGrid, TagsInput } from "@mantine/core"
import { useDisclosure, useId } from "@mantine/hooks"
import { IconFilter } from "@tabler/icons-react"
import { ReleaseSelect } from "../../parts/release-select.tsx"
import { SearchText } from "../../parts/search-text.tsx"
import { filterOf } from "./devices-question.ts"
import type { DevicesSearch } from "./route.ts"

const POLICIES = [
  { value: "", label: "Any policy" },
  { value: "pinned", label: "Pinned" },
  { value: "tracking", label: "Tracking" },
]
const ROLLOUT = [
  { value: "", label: "Anywhere" },
  { value: "on-target", label: "On target" },
  { value: "on-the-way", label: "On their way" },
  { value: "pinned-elsewhere", label: "Pinned elsewhere" },
  { value: "silent", label: "Silent" },
]
const SILENT_SINCE = [
  { value: "", label: "At any time" },
  { value: "3600", label: "More than an hour ago" },
  { value: "86400", label: "More than a day ago" },
  { value: "604800", label: "More than a week ago" },
  { value: "2592000", label: "More than 30 days ago" },
]

interface Props {
  fleet: string | undefined
  search: DevicesSearch
  /** What is to be looked for instead. `isTyping`: more of it is likely to come. */
  onSearch: (change: DevicesSearch, isTyping?: boolean) => void
}

/** What devices are looked for. Whoever comes by a link that filters sees by what. */
export function DevicesFilters({ fleet, search, onSearch }: Props) {
  const { search: _, ...others } = filterOf(search)
  const count = Object.values(others).filter((value) => value !== undefined).length
  const [isOpen, { toggle }] = useDisclosure(count > 0)
  const id = useId()
  return (
    <>
      <Group align="flex-end" gap="sm">
        <div style={{ flex: "1 1 14rem", maxWidth: "26rem" }}>
          <SearchText
            label="Search devices"
            placeholder="Name, or beginning of the UUID"
            value={search.search}
            onSearch={(words) => onSearch({ search: words }, true)}
          />
        </div>
        <Button
          variant="default"
          leftSection={<IconFilter size={16} aria-hidden />}
          onClick={toggle}
          aria-expanded={isOpen}
          aria-controls={id}
        >
          {count === 0 ? "Filters" : `Filters (${count})`}
        </Button>
      </Group>
      <Collapse id={id} expanded={isOpen}>
        <Fields fleet={fleet} search={search} onSearch={onSearch} />
      </Collapse>
    </>
  )
}

function Fields({ fleet, search, onSearch }: Props) {
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="sm" verticalSpacing="sm">
      <NativeSelect
        label="Release policy"
        data={POLICIES}
        value={search.policy ?? ""}
        onChange={({ currentTarget: { value } }) =>
          onSearch({ policy: (value || undefined) as DevicesSearch["policy"] })
        }
      />
      <NativeSelect
        label="Rollout"
        data={ROLLOUT}
        value={search.rollout ?? ""}
        onChange={({ currentTarget: { value } }) =>
          onSearch({ rollout: (value || undefined) as DevicesSearch["rollout"] })
        }
      />
      <NativeSelect
        label="Last report"
        data={offeredSilence(search.silentSince)}
        value={search.silentSince === undefined ? "" : String(search.silentSince)}
        onChange={({ currentTarget: { value } }) =>
          onSearch({ silentSince: value === "" ? undefined : Number(value) })
        }
      />
      {fleet !== undefined && (
        <>
          <ReleaseSelect
            fleet={fleet}
            label="Current release"
            placeholder="Any"
            value={search.current}
            onChange={(current) => onSearch({ current })}
          />
          <ReleaseSelect
            fleet={fleet}
            label="Target release"
            placeholder="Any"
            value={search.target}
            onChange={(target) => onSearch({ target })}
          />
        </>
      )}
      <TagsInput
        label="Tags"
        placeholder={search.where === undefined ? "site=north" : undefined}
        value={search.where ?? []}
        onChange={(where) => onSearch({ where: where.length === 0 ? undefined : where })}
        splitChars={[]}
        isDuplicate={(tag, tags) => tags.includes(tag)}
      />
    </SimpleGrid>
  )
}

/** A link may ask for another time than those that are offered. */
function offeredSilence(seconds: number | undefined) {
  if (seconds === undefined || SILENT_SINCE.some(({ value }) => value === String(seconds)))
    return SILENT_SINCE
  return [...SILENT_SINCE, { value: String(seconds), label: `More than ${seconds} seconds ago` }]
}
