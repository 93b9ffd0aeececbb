import { Button, Popover, Radio, Stack } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { IconChevronDown, IconPin } from "@tabler/icons-react"
import { useState } from "react"
import { PinDialog } from "../pin-dialog/pin-dialog.tsx"
import { ReleaseChoice } from "../pin-dialog/release-choice.tsx"
import type { Fleet } from "../use-fleet.ts"
import { TrackLatestDialog } from "./track-latest-dialog.tsx"

/** Pins a fleet to a release, or lets it track latest: what is chosen is asked for once more, with what it moves. */
export function PolicyDropdown({ fleet, latest }: { fleet: Fleet; latest: string | undefined }) {
  const [isOpen, { toggle, close }] = useDisclosure()
  const [isTracking, tracking] = useDisclosure()
  const [chosen, setChosen] = useState<number>()
  return (
    <>
      <Popover
        opened={isOpen}
        onChange={close}
        width={380}
        position="bottom-start"
        trapFocus
        withRoles
        returnFocus
      >
        <Popover.Target>
          <Button
            variant="default"
            onClick={toggle}
            leftSection={<IconPin size={16} aria-hidden />}
            rightSection={<IconChevronDown size={16} aria-hidden />}
          >
            Pin to release
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <Stack gap="xs">
            <Radio
              label={latest === undefined ? "Track latest" : `Track latest (${latest})`}
              checked={fleet.pin === null}
              onChange={() => {
                close()
                tracking.open()
              }}
            />
            <ReleaseChoice
              fleet={fleet.slug}
              pinnable="fleet"
              chosen={fleet.pin?.id}
              onChoose={({ id }) => {
                close()
                setChosen(id)
              }}
            />
          </Stack>
        </Popover.Dropdown>
      </Popover>
      <PinDialog
        subject={{ kind: "fleet", fleet }}
        isOpen={chosen !== undefined}
        onClose={() => setChosen(undefined)}
        release={chosen}
      />
      <TrackLatestDialog fleet={fleet} isOpen={isTracking} onClose={tracking.close} />
    </>
  )
}
