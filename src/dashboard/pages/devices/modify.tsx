import { Button, Menu, Text } from "@mantine/core"
import { IconArrowsMove, IconChevronDown, IconPin, IconRoute, IconTag, IconTrash } from "@tabler/icons-react"
import { useRef } from "react"
import { useMay } from "../../calls/session.ts"
import { type DevicesAction, DevicesDialog, useDevicesDialog } from "../../parts/devices/devices-dialog.tsx"
import { commonFleet, type SelectedDevices } from "../../parts/devices/selected-devices.ts"

interface Props {
  selected: SelectedDevices | undefined
  /** Pin to release. */
  onPin: (selected: SelectedDevices) => void
  onDone: (action: DevicesAction) => void
}

/** What can be done to the devices that are selected. */
export function Modify({ selected, onPin, onDone }: Props) {
  const may = useMay()
  const { open, dialog } = useDevicesDialog()
  const button = useRef<HTMLButtonElement>(null)
  const start = (action: DevicesAction | "pin") => {
    if (selected === undefined) return
    // The item that was chosen goes with the menu: it is here that a dialog gives the focus back to.
    button.current?.focus()
    if (action === "pin") onPin(selected)
    else open(action, selected)
  }
  return (
    <>
      <Menu position="bottom-end" withinPortal={false} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button
            ref={button}
            disabled={selected === undefined}
            rightSection={<IconChevronDown size={16} aria-hidden />}
          >
            Modify
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconPin size={16} aria-hidden />}
            disabled={selected !== undefined && commonFleet(selected) === undefined}
            onClick={() => start("pin")}
          >
            Pin to release
            {selected !== undefined && commonFleet(selected) === undefined && (
              <Text size="xs">They are of several fleets</Text>
            )}
          </Menu.Item>
          <Menu.Item leftSection={<IconRoute size={16} aria-hidden />} onClick={() => start("track")}>
            Track fleet
          </Menu.Item>
          <Menu.Item leftSection={<IconTag size={16} aria-hidden />} onClick={() => start("tags")}>
            Tags
          </Menu.Item>
          <Menu.Item leftSection={<IconArrowsMove size={16} aria-hidden />} onClick={() => start("move")}>
            Move
          </Menu.Item>
          {may("administer") && (
            <>
              <Menu.Divider />
              <Menu.Item leftSection={<IconTrash size={16} aria-hidden />} onClick={() => start("remove")}>
                Remove
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <DevicesDialog {...dialog} onDone={onDone} />
    </>
  )
}
