import { Button, Group, Text, TextInput } from "@mantine/core"
import { useState } from "react"
import { useChange } from "../../calls/queries.ts"
import { useMay } from "../../calls/session.ts"
import { fleetParams } from "../../parts/fleet-params.ts"
import { ProblemAlert } from "../../parts/problem-alert.tsx"
import { sayDone } from "../../parts/say.tsx"
import type { Fleet } from "../../parts/use-fleet.ts"
import { Setting } from "./setting.tsx"

/** Where the fleet keeps its images. Begins anew when somebody has set another. */
export function RegistrySetting({ fleet }: { fleet: Fleet }) {
  const [registry, setRegistry] = useState(fleet.registry ?? "")
  const set = useChange("put /fleets/{organization}/{name}/registry")
  const may = useMay()
  const isHere = fleet.registry === null
  const submit = () =>
    set.mutate(
      { params: fleetParams(fleet.slug), body: { registry } },
      { onSuccess: () => void sayDone(`Devices of ${fleet.slug} pull from ${registry}/${fleet.slug} now`) },
    )
  return (
    <Setting
      title="Registry"
      meaning="Where the fleet keeps its images. Devices are told a change at once, so the images have to be there before."
    >
      {isHere ? (
        <Text size="sm">This server keeps them.</Text>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            submit()
          }}
        >
          <Group align="end">
            <TextInput
              label="HOST[/PREFIX]"
              required
              readOnly={!may("administer")}
              value={registry}
              onChange={(event) => setRegistry(event.currentTarget.value)}
            />
            {may("administer") && (
              <Button type="submit" disabled={registry === fleet.registry} loading={set.isPending}>
                Set
              </Button>
            )}
          </Group>
        </form>
      )}
      <ProblemAlert error={set.error} title="The registry was not set" />
    </Setting>
  )
}
