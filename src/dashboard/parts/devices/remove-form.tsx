import { Stack, Text, TextInput } from "@mantine/core"
import { useState } from "react"
import { useChange } from "../../calls/queries.ts"
import { FormButtons } from "../form-buttons.tsx"
import { sayDone } from "../say.tsx"
import { nameOf } from "./device-name.ts"
import type { DevicesFormProps } from "./devices-dialog.tsx"
import { countOf, describeSelected, type SelectedDevices, selectionOf } from "./selected-devices.ts"

/** Removes devices, whose keys are good for nothing then: whoever does it types which, or how many. */
export function RemoveForm({ selected, onCancel, onDone }: DevicesFormProps) {
  const [typed, setTyped] = useState("")
  const remove = useChange("post /devices/remove")
  const wanted = wordOf(selected)
  const submit = () => {
    if (typed.trim() !== wanted) return
    remove.mutate(
      { body: selectionOf(selected) },
      {
        onSuccess() {
          sayDone(`Done: ${describeSelected(selected)} removed.`)
          onDone()
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
      <Stack gap="sm">
        <Text size="sm">
          Whatever runs there goes on running, and hears of no release any more: the server knows neither
          device nor key from then on. This cannot be undone.
        </Text>
        <TextInput
          label={`Type ${wanted} to remove ${countOf(selected) === 1 ? "it" : "them"}`}
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
        <FormButtons
          submit="Remove"
          error={remove.error}
          isPending={remove.isPending}
          isIncomplete={typed.trim() !== wanted}
          isDanger
          onCancel={onCancel}
        />
      </Stack>
    </form>
  )
}

/** The name of one, the number of several. */
function wordOf(selected: SelectedDevices): string {
  const [first] = "devices" in selected ? selected.devices : []
  return first !== undefined && countOf(selected) === 1 ? nameOf(first) : String(countOf(selected))
}
