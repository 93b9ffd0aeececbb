import { Button, Checkbox, Modal, Stack, Text, TextInput } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { question, useChange } from "../../calls/queries.ts"
import { printCount } from "../../parts/count.ts"
import { fleetParams } from "../../parts/fleet-params.ts"
import { FormButtons } from "../../parts/form-buttons.tsx"
import { sayDone } from "../../parts/say.tsx"
import type { Fleet } from "../../parts/use-fleet.ts"
import { Setting } from "./setting.tsx"

export function RemoveFleet({ fleet }: { fleet: Fleet }) {
  const [isOpen, { open, close }] = useDisclosure()
  return (
    <Setting
      title="Remove"
      meaning="The fleet goes for good, with what you say may go with it. Its history stays."
    >
      <Button color="red" variant="outline" onClick={open}>
        Remove this fleet
      </Button>
      <Modal opened={isOpen} onClose={close} title={`Remove ${fleet.slug}`}>
        <Form fleet={fleet} onClose={close} />
      </Modal>
    </Setting>
  )
}

function Form({ fleet, onClose }: { fleet: Fleet; onClose: () => void }) {
  const params = fleetParams(fleet.slug)
  const [typed, setTyped] = useState("")
  const [withReleases, setWithReleases] = useState(false)
  const [withDevices, setWithDevices] = useState(false)
  const remove = useChange("delete /fleets/{organization}/{name}")
  const navigate = useNavigate()
  const { data: devices } = useQuery(question("get /fleets/{organization}/{name}/device-counts", { params }))
  const submit = () =>
    remove.mutate(
      {
        params,
        query: { withReleases: withReleases ? "true" : "false", withDevices: withDevices ? "true" : "false" },
      },
      {
        onSuccess: () => {
          sayDone(`Removed ${fleet.slug}`)
          void navigate({ to: "/fleets" })
        },
      },
    )
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Stack>
        {devices !== undefined && (
          <Text size="sm">It has {printCount(devices.tracking + devices.pinned, "device")} now.</Text>
        )}
        <Checkbox
          label="Remove its releases with it"
          checked={withReleases}
          onChange={(event) => setWithReleases(event.currentTarget.checked)}
        />
        <Checkbox
          label="Remove its devices with it: their keys are good for nothing from then on"
          checked={withDevices}
          onChange={(event) => setWithDevices(event.currentTarget.checked)}
        />
        <TextInput
          label={`Type ${fleet.slug}`}
          required
          data-autofocus
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <FormButtons
          submit="Remove"
          error={remove.error}
          failure="The fleet is still there"
          isPending={remove.isPending}
          isIncomplete={typed !== fleet.slug}
          isDanger
          onCancel={onClose}
        />
      </Stack>
    </form>
  )
}
