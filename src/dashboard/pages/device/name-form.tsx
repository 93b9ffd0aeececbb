import { Stack, TextInput } from "@mantine/core"
import { useState } from "react"
import type { Device } from "../../calls/answers.ts"
import { useChange } from "../../calls/queries.ts"
import { FormButtons } from "../../parts/form-buttons.tsx"
import { sayDone } from "../../parts/say.tsx"
import { nameInPath } from "./device-question.ts"

export function NameForm({ device }: { device: Device }) {
  /** Until somebody types, the name is whatever it is by now. */
  const [typed, setTyped] = useState<string>()
  const name = typed ?? device.name ?? ""
  const rename = useChange("put /devices/{uuid}/name")
  const wanted = name.trim()
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        rename.mutate(
          { ...nameInPath(device), body: { name: wanted } },
          {
            onSuccess() {
              sayDone(`Done: the device is called ${wanted}.`)
              setTyped(undefined)
            },
          },
        )
      }}
    >
      <Stack gap="sm">
        <TextInput
          label="Name of the device"
          value={name}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          autoComplete="off"
        />
        <FormButtons
          submit="Rename"
          error={rename.error}
          isPending={rename.isPending}
          isIncomplete={wanted === "" || wanted === device.name}
        />
      </Stack>
    </form>
  )
}
