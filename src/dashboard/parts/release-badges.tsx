import { Badge, Group } from "@mantine/core"
import {
  IconAlertTriangle,
  IconArrowUp,
  IconBan,
  IconCircleX,
  IconPencil,
  IconPin,
  IconPlayerPlay,
  IconTarget,
} from "@tabler/icons-react"
import type { ReactNode } from "react"

/** What is to be told of a release beside its version. */
export interface ReleaseStanding {
  status?: "running" | "success" | "failed" | "cancelled"
  revision?: number | null
  isInvalidated?: boolean
  isLatest?: boolean
  isTarget?: boolean
  isFleetPin?: boolean
  pinnedDevices?: number
}

/** How a release stands, each by a word and an icon, and never by color alone. */
export function ReleaseBadges(standing: ReleaseStanding) {
  return (
    <Group gap={6}>
      {badgesOf(standing).map(({ text, color, icon }) => (
        <Badge key={text} color={color} variant="light" leftSection={icon} tt="none">
          {text}
        </Badge>
      ))}
    </Group>
  )
}

function badgesOf({ status = "success", revision, ...standing }: ReleaseStanding) {
  const badges: { text: string; color: string; icon: ReactNode }[] = []
  const add = (text: string, color: string, Icon: typeof IconPin) =>
    badges.push({ text, color, icon: <Icon size={12} aria-hidden /> })
  if (status === "failed") add("failed", "red", IconCircleX)
  if (status === "cancelled") add("cancelled", "gray", IconBan)
  if (status === "running") add("running", "blue", IconPlayerPlay)
  if (standing.isTarget) add("target", "teal", IconTarget)
  if (standing.isFleetPin) add("pinned by the fleet", "cyan", IconPin)
  if (standing.isLatest) add("latest", "blue", IconArrowUp)
  if (status === "success" && revision === null) add("draft", "grape", IconPencil)
  if (standing.isInvalidated) add("invalidated", "orange", IconAlertTriangle)
  if (standing.pinnedDevices)
    add(`pinned by ${standing.pinnedDevices} devices`.replace(/\b1 devices/, "1 device"), "cyan", IconPin)
  return badges
}
