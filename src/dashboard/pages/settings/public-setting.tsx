import { Switch } from "@mantine/core"
import { useChange } from "../../calls/queries.ts"
import { useMay } from "../../calls/session.ts"
import { fleetParams } from "../../parts/fleet-params.ts"
import { ProblemAlert } from "../../parts/problem-alert.tsx"
import { sayDone } from "../../parts/say.tsx"
import type { Fleet } from "../../parts/use-fleet.ts"
import { Setting } from "./setting.tsx"

export function PublicSetting({ fleet }: { fleet: Fleet }) {
  const set = useChange("patch /fleets/{organization}/{name}")
  const may = useMay()
  const submit = (isPublic: boolean) =>
    set.mutate(
      { params: fleetParams(fleet.slug), body: { isPublic } },
      { onSuccess: () => void sayDone(`${fleet.slug} is ${isPublic ? "public" : "private"} now`) },
    )
  return (
    <Setting
      title="Public"
      meaning="Of a public fleet, anybody may pull what this server keeps of its images and release manifests, without a token."
    >
      <Switch
        label="Public"
        checked={fleet.isPublic}
        disabled={!may("administer") || set.isPending}
        onChange={(event) => submit(event.currentTarget.checked)}
      />
      <ProblemAlert error={set.error} />
    </Setting>
  )
}
