import { Badge, Group, Text } from "@mantine/core"

/** So many are shown of a device in a table. */
const SHOWN = 3

/** Tags of a device. `isShort` shows the first of them, and how many more there are. */
export function TagBadges({
  tags,
  isShort = false,
}: {
  tags: Readonly<Record<string, string>>
  isShort?: boolean
}) {
  const texts = Object.entries(tags).map(([key, value]) => (value === "" ? key : `${key}=${value}`))
  if (texts.length === 0) return <Text size="sm">–</Text>
  const shown = isShort ? texts.slice(0, SHOWN) : texts
  const others = texts.slice(shown.length)
  return (
    <Group gap={4}>
      {shown.map((text) => (
        <Badge key={text} variant="default" tt="none" fw={400} maw={isShort ? 160 : "100%"} title={text}>
          {text}
        </Badge>
      ))}
      {others.length > 0 && (
        <Text size="xs" title={others.join("\n")}>
          and {others.length} more
        </Text>
      )}
    </Group>
  )
}
