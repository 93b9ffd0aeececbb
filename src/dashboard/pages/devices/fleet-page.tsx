import { createLazyRoute } from "@tanstack/react-router"
import { usePageTitle } from "../../shell/page-title.ts"
import { Devices } from "./devices.tsx"

export const Route = createLazyRoute("/signed-in/fleets/$organization/$name/devices")({ component: Page })

/** The devices of one fleet. */
function Page() {
  const { organization, name } = Route.useParams()
  const navigate = Route.useNavigate()
  const fleet = `${organization}/${name}`
  usePageTitle("Devices", fleet)
  return (
    <Devices
      // Those ticked are of this fleet.
      key={fleet}
      fleet={fleet}
      search={Route.useSearch()}
      onSearch={(search, options) => void navigate({ search, ...options })}
    />
  )
}
