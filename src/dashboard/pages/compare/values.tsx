import { Code, Text, Title } from "@mantine/core"
import { type Column, DataTable } from "../../parts/data-table.tsx"
import type { ValueDifference } from "./comparison.ts"

interface Props {
  title: string
  /** What a key is. */
  what: string
  values: readonly ValueDifference[]
}

/** Values of services that differ, each before and after. */
export function Values({ title, what, values }: Props) {
  if (values.length === 0) return null
  const columns: Column<ValueDifference>[] = [
    { title: "Service", cell: ({ service }) => <Plain text={service} /> },
    { title: what, cell: ({ key }) => <Plain text={key} /> },
    { title: "Before", cell: ({ before }) => <Value text={before} /> },
    { title: "After", cell: ({ after }) => <Value text={after} /> },
  ]
  const id = `compared-${title.toLowerCase()}`
  return (
    <section aria-labelledby={id}>
      <Title order={3} size="h4" id={id}>
        {title}
      </Title>
      <DataTable
        label={`${title} that differ`}
        columns={columns}
        rows={values}
        keyOf={({ service, key }) => JSON.stringify([service, key])}
        empty={null}
      />
    </section>
  )
}

function Plain({ text }: { text: string }) {
  return (
    <Text size="sm" style={{ overflowWrap: "anywhere" }}>
      {text}
    </Text>
  )
}

function Value({ text }: { text: string | null }) {
  if (text === null) return <Text size="sm">not there</Text>
  return <Code style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>{text}</Code>
}
