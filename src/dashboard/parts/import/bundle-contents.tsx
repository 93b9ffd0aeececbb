import { Badge, Group, ScrollArea, Table, Text } from "@mantine/core"
import { IconPencil } from "@tabler/icons-react"
import { printBytes } from "../bytes.ts"
import { printCount } from "../count.ts"
import { TimeAgo } from "../time-ago.tsx"
import type { BundleHead } from "./bundle-head.ts"

/** What is inside of a bundle. */
export function BundleContents({ head }: { head: BundleHead }) {
  const { file, version, commit, createdAt, note, isDraft, services } = head
  return (
    <>
      <Group gap="xs">
        <Text fw={600} style={{ overflowWrap: "anywhere" }}>
          {version}
        </Text>
        {isDraft && (
          <Badge variant="light" color="grape" tt="none" leftSection={<IconPencil size={12} aria-hidden />}>
            draft
          </Badge>
        )}
        <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          commit {commit.slice(0, 12)} · built <TimeAgo at={createdAt} /> · {file.name},{" "}
          {printBytes(file.size)}, {printCount(services.length, "service")}
        </Text>
      </Group>
      {note !== undefined && (
        <Text size="sm" style={{ overflowWrap: "anywhere" }} lineClamp={3}>
          {note}
        </Text>
      )}
      <ScrollArea.Autosize
        mah={220}
        type="auto"
        viewportProps={{ tabIndex: 0, "aria-label": "Services of the bundle" }}
      >
        <Table aria-label="Services of the bundle" verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Service</Table.Th>
              <Table.Th>Platforms</Table.Th>
              <Table.Th ta="right">Size</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {services.map(({ name, platforms, size }) => (
              <Table.Tr key={name}>
                <Table.Td style={{ overflowWrap: "anywhere" }}>{name}</Table.Td>
                <Table.Td>{platforms.length === 0 ? "not said" : platforms.join(", ")}</Table.Td>
                <Table.Td ta="right">{printBytes(size)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
    </>
  )
}
