import { Button, Card, Group, Stack, Text, Title } from "@mantine/core"
import { useNavigate } from "@tanstack/react-router"
import type { ReactNode } from "react"
import type { Device } from "../../calls/answers.ts"
import { useMay } from "../../calls/session.ts"
import { DevicesDialog, useDevicesDialog } from "../../parts/devices/devices-dialog.tsx"
import { fleetParams } from "../../parts/fleet-params.ts"
import { PolicyBadge } from "../../parts/policy-badge.tsx"
import { NameForm } from "./name-form.tsx"
import { NewKey } from "./new-key.tsx"
import { TagsEditor } from "./tags-editor.tsx"

/** What can be set of a device, by whoever may. */
export function Settings({ device, onPin }: { device: Device; onPin: () => void }) {
  const may = useMay()
  const navigate = useNavigate()
  const { open, dialog } = useDevicesDialog()
  const selected = { devices: [device] }
  if (!may("deploy")) {
    return <Text>The settings of a device are for the roles deployer and admin.</Text>
  }
  return (
    <Stack maw={640}>
      <Setting title="Release policy">
        <Group gap="sm">
          <PolicyBadge isPinned={device.pin !== null} />
          <Text size="sm">{describePolicy(device)}</Text>
        </Group>
        <Group gap="sm">
          <Button variant="default" onClick={onPin}>
            Pin to release
          </Button>
          {device.pin !== null && (
            <Button variant="default" onClick={() => open("track", selected)}>
              Track fleet
            </Button>
          )}
        </Group>
      </Setting>
      <Setting title="Name">
        <NameForm device={device} />
      </Setting>
      <Setting title="Tags">
        <TagsEditor device={device} />
      </Setting>
      <Setting title="Key">
        <NewKey device={device} />
      </Setting>
      <Setting title="Fleet">
        <Text size="sm">It belongs to {device.fleet}.</Text>
        <Group>
          <Button variant="default" onClick={() => open("move", selected)}>
            Move to another fleet
          </Button>
        </Group>
      </Setting>
      {may("administer") && (
        <Setting title="Remove">
          <Text size="sm">The server forgets the device and its key. What runs there goes on running.</Text>
          <Group>
            <Button color="red" variant="outline" onClick={() => open("remove", selected)}>
              Remove device
            </Button>
          </Group>
        </Setting>
      )}
      <DevicesDialog
        {...dialog}
        onDone={(action) => {
          if (action !== "remove") return
          void navigate({
            to: "/fleets/$organization/$name/devices",
            params: fleetParams(device.fleet),
            replace: true,
          })
        }}
      />
    </Stack>
  )
}

function Setting({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card withBorder component="section">
      <Stack gap="sm">
        <Title order={2} size="h4">
          {title}
        </Title>
        {children}
      </Stack>
    </Card>
  )
}

function describePolicy({ pin, fleet, target }: Device): string {
  if (pin !== null) return `It stays on ${pin.version}, whatever ${fleet} does.`
  return `It follows ${fleet}, to ${target === null ? "whatever that gets" : target.version} now.`
}
