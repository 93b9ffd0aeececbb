import { Stack } from "@mantine/core"
import { createLazyRoute } from "@tanstack/react-router"
import { useMay } from "../../calls/session.ts"
import { useFleet } from "../../parts/use-fleet.ts"
import { usePageTitle } from "../../shell/page-title.ts"
import { PolicySetting } from "./policy-setting.tsx"
import { PublicSetting } from "./public-setting.tsx"
import { RegistrySetting } from "./registry-setting.tsx"
import { RemoveFleet } from "./remove-fleet.tsx"

export const Route = createLazyRoute("/signed-in/fleets/$organization/$name/settings")({
  component: Settings,
})

function Settings() {
  const fleet = useFleet(Route.useParams())
  const may = useMay()
  usePageTitle("Settings", fleet.slug)
  return (
    <Stack maw={640}>
      <PolicySetting fleet={fleet} />
      <RegistrySetting key={fleet.registry} fleet={fleet} />
      <PublicSetting fleet={fleet} />
      {may("administer") && <RemoveFleet fleet={fleet} />}
    </Stack>
  )
}
