import { NavLink } from "@mantine/core"
import { IconDevices, IconKey, IconStack2 } from "@tabler/icons-react"
import { Link, useMatchRoute } from "@tanstack/react-router"
import { useMay } from "../calls/session.ts"

const PAGES = [
  { to: "/fleets", label: "Fleets", icon: IconStack2 },
  { to: "/devices", label: "Devices", icon: IconDevices },
  { to: "/tokens", label: "Tokens", icon: IconKey },
] as const

export function Navigation() {
  const match = useMatchRoute()
  const may = useMay()
  return PAGES.filter(({ to }) => to !== "/tokens" || may("administer")).map(({ to, label, icon: Icon }) => (
    <NavLink
      key={to}
      component={Link}
      to={to}
      label={label}
      leftSection={<Icon size={18} aria-hidden />}
      active={match({ to, fuzzy: true }) !== false}
    />
  ))
}
