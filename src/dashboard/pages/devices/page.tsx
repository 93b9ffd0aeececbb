import { Stack, Title } from "@mantine/core"
import { createLazyRoute } from "@tanstack/react-router"
import { usePageTitle } from "../../shell/page-title.ts"
import { Devices } from "./devices.tsx"

export const Route = createLazyRoute("/signed-in/devices")({ component: Page })

/** The devices of all fleets. */
function Page() {
  const navigate = Route.useNavigate()
  usePageTitle("Devices")
  return (
    <Stack>
      <Title order={1}>Devices</Title>
      <Devices
        fleet={undefined}
        search={Route.useSearch()}
        onSearch={(search, options) => void navigate({ search, ...options })}
      />
    </Stack>
  )
}
