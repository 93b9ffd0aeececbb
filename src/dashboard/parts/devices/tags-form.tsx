import { Stack, TagsInput, Text } from "@mantine/core"
import { useState } from "react"
import { useChange } from "../../calls/queries.ts"
import { FormButtons } from "../form-buttons.tsx"
import { sayDone } from "../say.tsx"
import type { DevicesFormProps } from "./devices-dialog.tsx"
import { describeSelected, selectionOf } from "./selected-devices.ts"
import { splitTag, TagsField } from "./tags-field.tsx"

/** Sets tags of devices, and takes others away. */
export function TagsForm({ selected, onCancel, onDone }: DevicesFormProps) {
  const [set, setSet] = useState<string[]>([])
  const [removed, setRemoved] = useState<string[]>([])
  const change = useChange("patch /devices/tags")
  const known = "devices" in selected ? keysOf(selected.devices) : []
  const submit = () => {
    const tags = Object.fromEntries([
      ...removed.map((key) => [key, null] as const),
      ...set.map((text) => splitTag(text)),
    ])
    change.mutate(
      { body: { ...selectionOf(selected), tags } },
      {
        onSuccess() {
          sayDone(`Done: the tags of ${describeSelected(selected)} are changed.`)
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
        <TagsField
          label="Tags to set"
          description="key=value, or key alone; Enter after each. One that is there gets the new value."
          value={set}
          onChange={setSet}
        />
        <TagsInput
          label="Tags to take away"
          description="By their keys"
          value={removed}
          onChange={setRemoved}
          data={known}
          splitChars={[]}
          isDuplicate={(key, keys) => keys.includes(key)}
        />
        <Text size="sm">All other tags stay as they are.</Text>
        <FormButtons
          submit="Change tags"
          error={change.error}
          isPending={change.isPending}
          isIncomplete={set.length === 0 && removed.length === 0}
          onCancel={onCancel}
        />
      </Stack>
    </form>
  )
}

function keysOf(devices: readonly { tags: Readonly<Record<string, string>> }[]): string[] {
  return [...new Set(devices.flatMap(({ tags }) => Object.keys(tags)))].sort()
}
