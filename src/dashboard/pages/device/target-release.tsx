import { ActionIcon, Group } from "@mantine/core"
import { IconPencil, IconPin } from "@tabler/icons-react"
import type { Device } from "../../calls/answers.ts"
import { useMay } from "../../calls/session.ts"
import { ReleaseLink } from "./release-link.tsx"

/** The target of a device, and the pencil that opens Pin to release: it appears where it is pointed at or reached by keyboard. */
export function TargetRelease({ device, onPin }: { device: Device; onPin: () => void }) {
  const may = useMay()
  const { target, pin, fleet } = device
  return (
    <Group gap={6} wrap="nowrap">
      {pin !== null && <IconPin size={16} role="img" aria-label="pinned" />}
      {target === null ? `none: ${fleet} has no release` : <ReleaseLink release={target} />}
      {may("deploy") && (
        <ActionIcon className="reveal" variant="subtle" size="sm" aria-label="Pin to release" onClick={onPin}>
          <IconPencil size={16} aria-hidden />
        </ActionIcon>
      )}
    </Group>
  )
}
