import { Breadcrumbs, Stack, Tabs, Title } from "@mantine/core"
import { createLazyRoute, Outlet, useMatchRoute, useNavigate } from "@tanstack/react-router"
import { PageLink } from "../../parts/page-link.tsx"

export const Route = createLazyRoute("/signed-in/fleets/$organization/$name")({ component: FleetLayout })

const TABS = [
  { to: "/fleets/$organization/$name", label: "Summary" },
  { to: "/fleets/$organization/$name/releases", label: "Releases" },
  { to: "/fleets/$organization/$name/devices", label: "Devices" },
  { to: "/fleets/$organization/$name/history", label: "History" },
  { to: "/fleets/$organization/$name/settings", label: "Settings" },
] as const

/** What is around every page of a fleet. */
function FleetLayout() {
  const params = Route.useParams()
  const navigate = useNavigate()
  const match = useMatchRoute()
  const [summary, ...others] = TABS
  const present = others.find(({ to }) => match({ to, params, fuzzy: true })) ?? summary
  return (
    <Stack>
      <Breadcrumbs>
        <PageLink to="/fleets">Fleets</PageLink>
        <PageLink to="/fleets" search={{ search: `${params.organization}/` }}>
          {params.organization}
        </PageLink>
      </Breadcrumbs>
      <Title order={1}>{params.name}</Title>
      <Tabs value={present.to} onChange={(to) => void navigate({ to: to as typeof present.to, params })}>
        <Tabs.List>
          {TABS.map(({ to, label }) => (
            <Tabs.Tab key={to} value={to}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      <Outlet />
    </Stack>
  )
}
