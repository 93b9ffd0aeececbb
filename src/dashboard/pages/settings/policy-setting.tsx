import { Button, Group, Text } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { useMay } from "../../calls/session.ts"
import { TrackLatestDialog } from "../../parts/fleet-policy/track-latest-dialog.tsx"
import { PinDialog } from "../../parts/pin-dialog/pin-dialog.tsx"
import { PolicyBadge } from "../../parts/policy-badge.tsx"
import type { Fleet } from "../../parts/use-fleet.ts"
import { Setting } from "./setting.tsx"

export function PolicySetting({ fleet }: { fleet: Fleet }) {
  const may = useMay()
  const [isPinning, pinning] = useDisclosure()
  const [isTracking, tracking] = useDisclosure()
  return (
    <Setting
      title="Pin to release"
      meaning="A pinned fleet keeps its release, whatever is recorded later; else each final release goes to its devices at once."
    >
      <Group gap="xs">
        <PolicyBadge isPinned={fleet.pin !== null} />
        <Text size="sm">Target {fleet.target?.version ?? "none"}</Text>
      </Group>
      {may("deploy") && (
        <Group>
          <Button onClick={pinning.open}>Pin to release</Button>
          <Button variant="default" onClick={tracking.open} disabled={fleet.pin === null}>
            Track latest
          </Button>
        </Group>
      )}
      <PinDialog
        subject={{ kind: "fleet", fleet }}
        isOpen={isPinning}
        onClose={pinning.close}
        release={fleet.pin?.id}
      />
      <TrackLatestDialog fleet={fleet} isOpen={isTracking} onClose={tracking.close} />
    </Setting>
  )
}
