import { Burger, Group } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { Outlet, useRouterState } from "@tanstack/react-router"
import { useEffect } from "react"
import { LiveSign } from "../live/live-sign.tsx"
import { useLive } from "../live/use-live.ts"
import { PageLink } from "../parts/page-link.tsx"
import { Account } from "./account.tsx"
import { Navigation } from "./navigation.tsx"
import { SearchField } from "./search-field.tsx"

/** What is around every page of whoever is signed in. */
export function Shell() {
  const [isOpen, { toggle, close }] = useDisclosure()
  const live = useLive()
  const path = useRouterState({ select: ({ location }) => location.pathname })
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes it.
  useEffect(close, [path])
  return (
    <div className="shell">
      <a className="skip-link" href="#page">
        Skip to the page
      </a>
      <header className="shell-header">
        <Group h="100%" px="md" gap="sm" wrap="nowrap">
          <Burger
            opened={isOpen}
            onClick={toggle}
            hiddenFrom="sm"
            size="sm"
            aria-label="Navigation"
            aria-expanded={isOpen}
          />
          <PageLink to="/fleets" c="inherit" fw={700} size="lg" visibleFrom="xs">
            Waybill
          </PageLink>
          <SearchField />
          <LiveSign state={live} />
          <Account />
        </Group>
      </header>
      <nav className="shell-nav" data-open={isOpen || undefined}>
        <Navigation />
      </nav>
      <main className="shell-page" id="page" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  )
}
