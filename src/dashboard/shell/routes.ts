import type { QueryClient } from "@tanstack/react-query"
import { createRootRouteWithContext, createRoute, redirect } from "@tanstack/react-router"
import { CallError } from "../calls/problem.ts"
import { sessionQuestion } from "../calls/session.ts"
import { Shell } from "./shell.tsx"

export const rootRoute = createRootRouteWithContext<{ client: QueryClient }>()()

/** All pages but sign-in. Whoever is not signed in goes there first, and comes back. */
export const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "signed-in",
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.client.ensureQueryData(sessionQuestion)
    } catch (error) {
      if (!(error instanceof CallError && error.status === 401)) throw error
      throw redirect({ to: "/sign-in", search: { next: location.href } })
    }
  },
})

export const homeRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/fleets", replace: true })
  },
})
