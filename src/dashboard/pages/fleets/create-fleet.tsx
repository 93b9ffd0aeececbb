import { Checkbox, Modal, NativeSelect, Stack, TextInput } from "@mantine/core"
import { useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { useChange } from "../../calls/queries.ts"
import { usePrincipal } from "../../calls/session.ts"
import { fleetParams } from "../../parts/fleet-params.ts"
import { FormButtons } from "../../parts/form-buttons.tsx"
import { CLASSES } from "./classes.ts"

export function CreateFleet({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="Create a fleet">
      <Form onClose={onClose} />
    </Modal>
  )
}

function Form({ onClose }: { onClose: () => void }) {
  const { organization } = usePrincipal()
  const [slug, setSlug] = useState(organization === null ? "" : `${organization}/`)
  const [fleetClass, setClass] = useState<(typeof CLASSES)[number]>("fleet")
  const [registry, setRegistry] = useState("")
  const [isPublic, setPublic] = useState(false)
  const create = useChange("post /fleets")
  const navigate = useNavigate()
  const submit = () => {
    const body = {
      slug: slug as `${string}/${string}`,
      class: fleetClass,
      isPublic,
      registry: registry || undefined,
    }
    create.mutate(
      { body },
      {
        onSuccess: (fleet) => {
          onClose()
          void navigate({ to: "/fleets/$organization/$name", params: fleetParams(fleet.slug) })
        },
      },
    )
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Stack>
        <TextInput
          label="Name"
          description="organization/name; an organization that is not there yet is made"
          placeholder="acme/edge"
          required
          data-autofocus
          value={slug}
          onChange={(event) => setSlug(event.currentTarget.value)}
        />
        <NativeSelect
          label="Class"
          data={[...CLASSES]}
          value={fleetClass}
          onChange={({ currentTarget: { value } }) =>
            setClass(CLASSES.find((each) => each === value) ?? "fleet")
          }
        />
        <TextInput
          label="Registry"
          description="HOST[/PREFIX] that keeps its images; empty: this server keeps them"
          value={registry}
          onChange={(event) => setRegistry(event.currentTarget.value)}
        />
        <Checkbox
          label="Public: anybody may pull its images, without a token"
          checked={isPublic}
          onChange={(event) => setPublic(event.currentTarget.checked)}
        />
        <FormButtons
          submit="Create"
          error={create.error}
          failure="The fleet was not created"
          isPending={create.isPending}
          onCancel={onClose}
        />
      </Stack>
    </form>
  )
}
