import { Button, Stack, Text } from "@mantine/core"
import type { ReactNode } from "react"
import { CopyText } from "./copy-text.tsx"

/** A list that has nothing yet: what to type next. */
export function NothingYet({ children, command }: { children: ReactNode; command?: string }) {
  return (
    <Stack align="center" py="xl" gap="sm">
      <Text>{children}</Text>
      {command !== undefined && <CopyText text={command} what="the command" />}
    </Stack>
  )
}

/** A list of which the filters leave nothing. */
export function NothingMatches({ onClear }: { onClear: () => void }) {
  return (
    <Stack align="center" py="xl" gap="sm">
      <Text>Nothing matches the search and the filters.</Text>
      <Button variant="default" onClick={onClear}>
        Clear the filters
      </Button>
    </Stack>
  )
}
