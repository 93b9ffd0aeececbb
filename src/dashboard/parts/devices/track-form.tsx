import { Stack, Text } from "@mantine/core"
import { useQueryClient } from "@tanstack/react-query"
import { useChange } from "../../calls/queries.ts"
import { printCount } from "../count.ts"
import { FormButtons } from "../form-buttons.tsx"
import type { DevicesFormProps } from "./devices-dialog.tsx"
import { MovesPreview } from "./moves-preview.tsx"
import { sayPolicySet } from "./say-policy-set.tsx"
import { countOf, selectionOf } from "./selected-devices.ts"
import { useDevicesPreview } from "./use-devices-preview.ts"

/** Lets devices follow their fleet again. */
export function TrackForm({ selected, onCancel, onDone }: DevicesFormProps) {
  const client = useQueryClient()
  const setPolicy = useChange("put /devices/policy")
  const preview = useDevicesPreview(selected, { policy: "track-fleet" })
  const submit = () =>
    setPolicy.mutate(
      { body: { ...selectionOf(selected, preview.data?.matched), policy: "track-fleet" } },
      {
        onSuccess({ items }) {
          const count = countOf(selected)
          const message = `${printCount(count, "device")} ${count === 1 ? "follows its" : "follow their"} fleet`
          const before = "devices" in selected ? selected.devices : undefined
          sayPolicySet({ message, before, after: items }, client)
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
