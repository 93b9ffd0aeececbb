import { Stack, Text } from "@mantine/core"
import { useChange } from "../../calls/queries.ts"
import { FormButtons } from "../form-buttons.tsx"
import { sayDone } from "../say.tsx"
import type { DevicesFormProps } from "./devices-dialog.tsx"
import { MovesPreview } from "./moves-preview.tsx"
import { describeSelected, selectionOf } from "./selected-devices.ts"
import { useDevicesPreview } from "./use-devices-preview.ts"

/** Lets devices follow their fleet again. */
export function TrackForm({ selected, onCancel, onDone }: DevicesFormProps) {
  const setPolicy = useChange("put /devices/policy")
  const preview = useDevicesPreview(selected, { policy: "track-fleet" })
  const submit = () =>
    setPolicy.mutate(
      { body: { ...selectionOf(selected, preview.data?.matched), policy: "track-fleet" } },
      {
        onSuccess() {
          sayDone(`Done: ${describeSelected(selected)} let go of their pins, and follow their fleet.`)
          onDone()
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
      <Stack gap="sm">
        <Text size="sm">They lose their own pin, and run what their fleet runs from then on.</Text>
        <MovesPreview preview={preview} />
        <FormButtons
          submit="Track fleet"
          error={setPolicy.error}
          isPending={setPolicy.isPending}
          onCancel={onCancel}
        />
      </Stack>
    </form>
  )
}
