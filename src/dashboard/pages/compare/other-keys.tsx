import { Code, Text, Title } from "@mantine/core"
import { type Column, DataTable } from "../../parts/data-table.tsx"
import type { KeyDifference } from "./comparison.ts"

const COLUMNS: Column<KeyDifference>[] = [
  { title: "Service", cell: ({ service }) => <Text size="sm">{service ?? "all of it"}</Text> },
  { title: "Key", cell: ({ key }) => <Text size="sm">{key}</Text> },
  { title: "Before", cell: ({ before }) => <Json value={before} /> },
  { title: "After", cell: ({ after }) => <Json value={after} /> },
]

/** All else of the composition that differs. */
export function OtherKeys({ keys }: { keys: readonly KeyDifference[] }) {
  if (keys.length === 0) return null
  return (
    <section aria-labelledby="compared-keys">
      <Title order={3} size="h4" id="compared-keys">
        Other keys of the compose file
      </Title>
      <DataTable
        label="Other keys that differ"
        columns={COLUMNS}
        rows={keys}
        keyOf={({ service, key }) => JSON.stringify([service, key])}
        empty={null}
      />
    </section>
  )
}

function Json({ value }: { value: unknown }) {
  if (value === undefined || value === null) return <Text size="sm">not there</Text>
  return (
    <Code block style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
      {JSON.stringify(value, null, 2)}
    </Code>
  )
}
