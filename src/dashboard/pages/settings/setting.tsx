import { Card, Stack, Text, Title } from "@mantine/core"
import type { ReactNode } from "react"

/** One thing that can be set, with what it means. */
export function Setting({
  title,
  meaning,
  children,
}: {
  title: string
  meaning: string
  children: ReactNode
}) {
  return (
    <Card withBorder component="section" aria-label={title}>
      <Stack gap="sm" align="flex-start">
        <Title order={2} size="h4">
          {title}
        </Title>
        <Text size="sm" c="dimmed">
          {meaning}
        </Text>
        {children}
      </Stack>
    </Card>
  )
}
