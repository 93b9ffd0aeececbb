import { Stack } from "@mantine/core"
import { useState } from "react"
import { useChange } from "../../calls/queries.ts"
import { FleetSelect } from "../fleet-select.tsx"
import { FormButtons } from "../form-buttons.tsx"
import { ReleaseSelect } from "../release-select.tsx"
import { sayDone } from "../say.tsx"
import type { DevicesFormProps } from "./devices-dialog.tsx"
import { MovesPreview } from "./moves-preview.tsx"
import { describeSelected, selectionOf } from "./selected-devices.ts"
import { useDevicesPreview } from "./use-devices-preview.ts"

/** Moves devices to another fleet, where they follow that or are pinned. */
export function MoveForm({ selected, onCancel, onDone }: DevicesFormProps) {
  const [fleet, setFleet] = useState<`${string}/${string}`>()
  const [release, setRelease] = useState<number>()
  const move = useChange("put /devices/fleet")
  const preview = useDevicesPreview(selected, fleet && { fleet, release })
  const submit = () => {
    if (fleet === undefined) return
    move.mutate(
      { body: { ...selectionOf(selected, preview.data?.matched), fleet, release } },
      {
        onSuccess() {
          sayDone(`Done: ${describeSelected(selected)} moved to ${fleet}.`)
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
        <FleetSelect
          label="To the fleet"
          value={fleet}
          onChange={(fleet) => {
            setFleet(fleet)
            setRelease(undefined)
          }}
        />
        {fleet !== undefined && (
          <ReleaseSelect
            fleet={fleet}
            label="Pinned there to"
            placeholder="Nothing: the fleet is followed"
            description="Whatever pin they have now is lost"
            value={release}
            onChange={setRelease}
            isPinnable
          />
        )}
        {fleet !== undefined && <MovesPreview preview={preview} />}
        <FormButtons
          submit="Move"
          error={move.error}
          isPending={move.isPending}
          isIncomplete={fleet === undefined}
          onCancel={onCancel}
        />
      </Stack>
    </form>
  )
}
