import { Alert, Button, Group, Modal, NativeSelect, Stack, TextInput } from "@mantine/core"
import { useState } from "react"
import { useChange } from "../../calls/queries.ts"
import { usePrincipal } from "../../calls/session.ts"
import { CopyText } from "../../parts/copy-text.tsx"
import { FormButtons } from "../../parts/form-buttons.tsx"

const ROLES = [
  { value: "viewer", label: "viewer: reads" },
  { value: "deployer", label: "deployer: records releases and sets policy" },
  { value: "admin", label: "admin: all of it" },
] as const

type Role = (typeof ROLES)[number]["value"]

export function CreateToken({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const create = useChange("post /tokens")
  const close = () => {
    create.reset()
    onClose()
  }
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title="Create a token"
      // A slip would lose what is shown this once.
      closeOnClickOutside={false}
      closeOnEscape={create.data === undefined}
    >
      {create.data === undefined ? (
        <Form create={create} onClose={close} />
      ) : (
        <Secret secret={create.data.secret} onClose={close} />
      )}
    </Modal>
  )
}

interface FormProps {
  create: ReturnType<typeof useChange<"post /tokens">>
  onClose: () => void
}

function Form({ create, onClose }: FormProps) {
  const { organization: own } = usePrincipal()
  const [name, setName] = useState("")
  const [role, setRole] = useState<Role>("viewer")
  const [organization, setOrganization] = useState(own ?? "")
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        create.mutate({ body: { name, role, organization: organization === "" ? null : organization } })
      }}
    >
      <Stack>
        <TextInput
          label="Name"
          description="Stands in the history of whatever is done with it"
          required
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <NativeSelect
          label="Role"
          data={[...ROLES]}
          value={role}
          onChange={({ currentTarget: { value } }) =>
            setRole(ROLES.find((each) => each.value === value)?.value ?? "viewer")
          }
        />
        <TextInput
          label="Organization"
          description={own === null ? "Empty: all organizations" : undefined}
          readOnly={own !== null}
          value={organization}
          onChange={(event) => setOrganization(event.currentTarget.value)}
        />
        <FormButtons
          submit="Create"
          error={create.error}
          failure="The token was not created"
          isPending={create.isPending}
          onCancel={onClose}
        />
      </Stack>
    </form>
  )
}

/** The one time that it is shown. */
function Secret({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Stack>
      <Alert title="Copy it now: it is shown this once">
        <CopyText text={secret} what="the token" />
      </Alert>
      <Group justify="flex-end">
        <Button onClick={onClose}>I have it</Button>
      </Group>
    </Stack>
  )
}
