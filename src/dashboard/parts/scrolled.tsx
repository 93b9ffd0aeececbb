import { Box } from "@mantine/core"
import type { ReactNode } from "react"

interface Props {
  /** What is in it, for who does not see it. */
  label: string
  /** Greatest height in pixels. Default: that of what is in it. */
  maxHeight?: number
  children: ReactNode
}

/** What may be greater than its place: it is scrolled by a pointer, and by keys once Tab has reached it. */
export function Scrolled({ label, maxHeight, children }: Props) {
  return (
    <Box role="group" aria-label={label} tabIndex={0} mah={maxHeight} style={{ overflow: "auto" }}>
      {children}
    </Box>
  )
}
