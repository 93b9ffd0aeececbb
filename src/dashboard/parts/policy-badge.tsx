import { Badge } from "@mantine/core"
import { IconPin, IconRoute } from "@tabler/icons-react"

/** A Release policy, of a fleet or of a device. */
export function PolicyBadge({ isPinned }: { isPinned: boolean }) {
  const Icon = isPinned ? IconPin : IconRoute
  return (
    <Badge
      variant="outline"
      tt="none"
      color={isPinned ? "cyan" : "gray"}
      leftSection={<Icon size={12} aria-hidden />}
    >
      {isPinned ? "Pinned" : "Tracking"}
    </Badge>
  )
}
