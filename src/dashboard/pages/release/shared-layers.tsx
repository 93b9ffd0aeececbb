import { Text, Title } from "@mantine/core"
import { printBytes } from "../../parts/bytes.ts"
import { CopyText } from "../../parts/copy-text.tsx"
import { printCount } from "../../parts/count.ts"
import { type Column, DataTable } from "../../parts/data-table.tsx"
import { type ReleaseContent, shortDigest } from "./release-content.ts"

type Layer = ReleaseContent["layers"][number]

/** Shown of them: the largest. */
const SHOWN = 50

const COLUMNS: Column<Layer>[] = [
  {
    title: "Layer",
    cell: ({ digest }) => <CopyText text={digest} shown={shortDigest(digest)} what="the digest" />,
  },
  { title: "Size", cell: ({ size }) => printBytes(size) },
  {
    title: "Services that have it",
    cell: ({ services }) => (
      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
        {services.join(", ")}
      </Text>
    ),
  },
]

/** Layers that several services have, which are stored and sent once. */
export function SharedLayers({ content }: { content: ReleaseContent }) {
  const shared = content.layers
    .filter(({ services }) => services.length > 1)
    .toSorted((one, other) => other.size - one.size)
  if (shared.length === 0) return null
  return (
    <section aria-labelledby="shared-layers">
      <Title order={3} size="h4" id="shared-layers">
        Shared layers
      </Title>
      <DataTable
        label="Shared layers"
        columns={COLUMNS}
        rows={shared.slice(0, SHOWN)}
        keyOf={({ digest }) => digest}
        empty={null}
      />
      {shared.length > SHOWN && (
        <Text size="sm">and {printCount(shared.length - SHOWN, "layer")} more, all of them smaller.</Text>
      )}
    </section>
  )
}
