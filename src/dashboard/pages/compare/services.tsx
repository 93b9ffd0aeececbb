import { Badge, Code, Group, Text, Title } from "@mantine/core"
import { IconArrowRight, IconMinus, IconPencil, IconPlus } from "@tabler/icons-react"
import type { ReactNode } from "react"
import { type Column, DataTable } from "../../parts/data-table.tsx"
import type { Comparison } from "./comparison.ts"

interface Row {
  name: string
  kind: "added" | "removed" | "changed"
  before?: string
  after?: string
}

const KINDS = {
  added: { color: "teal", icon: <IconPlus size={12} aria-hidden /> },
  removed: { color: "red", icon: <IconMinus size={12} aria-hidden /> },
  changed: { color: "blue", icon: <IconPencil size={12} aria-hidden /> },
} as const satisfies Record<Row["kind"], { color: string; icon: ReactNode }>

const COLUMNS: Column<Row>[] = [
  {
    title: "Service",
    cell: ({ name }) => (
      <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
        {name}
      </Text>
    ),
  },
  {
    title: "What",
    cell: ({ kind }) => (
      <Badge variant="light" tt="none" color={KINDS[kind].color} leftSection={KINDS[kind].icon}>
        {kind}
      </Badge>
    ),
  },
  {
    title: "Image before → after",
    cell: ({ before, after }) => (
      <Group gap={6} wrap="nowrap">
        <Digest digest={before} />
        <IconArrowRight size={14} aria-label="becomes" role="img" />
        <Digest digest={after} />
      </Group>
    ),
  },
]

/** Services that only one release has, and those whose image is another. */
export function Services({ services: { added, removed, changed } }: Pick<Comparison, "services">) {
  const rows: Row[] = [
    ...added.map(({ name, image }) => ({ name, kind: "added" as const, after: image })),
    ...removed.map(({ name, image }) => ({ name, kind: "removed" as const, before: image })),
    ...changed.map((each) => ({ ...each, kind: "changed" as const })),
  ]
  return (
    <section aria-labelledby="compared-services">
      <Title order={3} size="h4" id="compared-services">
        Services
      </Title>
      <DataTable
        label="Services that differ"
        columns={COLUMNS}
        rows={rows}
        keyOf={({ name, kind }) => `${kind} ${name}`}
        empty={<Text size="sm">Both have the same services, with the same images.</Text>}
      />
    </section>
  )
}

function Digest({ digest }: { digest: string | undefined }) {
  if (digest === undefined) return <Text size="sm">none</Text>
  return <Code title={digest}>{digest.slice(0, 19)}</Code>
}
