import { Badge, VisuallyHidden } from "@mantine/core"
import { IconPlugConnectedX, IconRefresh, IconWifi } from "@tabler/icons-react"
import type { LiveState } from "./use-live.ts"

/** Says whether what is shown follows what happens. */
export function LiveSign({ state }: { state: LiveState }) {
  const { label, text, color, icon } = describe(state)
  return (
    <>
      <Badge variant="light" color={color} leftSection={icon} style={{ flexShrink: 0 }} title={label}>
        {text}
      </Badge>
      <VisuallyHidden role="status">{typeof state === "object" ? label : ""}</VisuallyHidden>
    </>
  )
}

function describe(state: LiveState) {
  if (state === "live") {
    return {
      text: "live",
      label: "Changes appear by themselves",
      color: "teal",
      icon: <IconWifi size={12} aria-hidden />,
    }
  }
  if (state === "connecting") {
    return {
      text: "connecting",
      label: "Connecting to the server",
      color: "gray",
      icon: <IconRefresh size={12} aria-hidden />,
    }
  }
  return {
    text: "not live",
    label: `Not live since ${state.awaySince.toLocaleTimeString()}: what is shown may be old`,
    color: "orange",
    icon: <IconPlugConnectedX size={12} aria-hidden />,
  }
}
