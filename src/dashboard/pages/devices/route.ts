import { createRoute } from "@tanstack/react-router"
import { count, oneOf, text, texts } from "../../search.ts"
import { signedInRoute } from "../../shell/routes.ts"
import { fleetRoute } from "../fleet-summary/route.ts"
import { devicesQuestion } from "./devices-question.ts"

const POLICIES = ["pinned", "tracking"] as const
const ROLLOUT_PARTS = ["on-target", "on-the-way", "pinned-elsewhere", "silent"] as const
const ORDERS = [
  "name",
  "-name",
  "uuid",
  "-uuid",
  "reportedAt",
  "-reportedAt",
  "registeredAt",
  "-registeredAt",
] as const

export interface DevicesSearch {
  search?: string | undefined
  policy?: (typeof POLICIES)[number] | undefined
  rollout?: (typeof ROLLOUT_PARTS)[number] | undefined
  /** The id of a release that they said that they run. */
  current?: number | undefined
  /** The id of a release that they should run. */
  target?: number | undefined
  /** In seconds. */
  silentSince?: number | undefined
  /** Conditions on tags: `key=value` or `key`. */
  where?: string[] | undefined
  sort?: (typeof ORDERS)[number] | undefined
  page?: number | undefined
}

function validateSearch(search: Record<string, unknown>): DevicesSearch {
  return {
    search: text(search.search),
    policy: oneOf(POLICIES, search.policy),
    rollout: oneOf(ROLLOUT_PARTS, search.rollout),
    current: count(search.current),
    target: count(search.target),
    silentSince: count(search.silentSince),
    where: texts(search.where),
    sort: oneOf(ORDERS, search.sort),
    page: count(search.page),
  }
}

export const devicesRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/devices",
  validateSearch,
  loaderDeps: ({ search }) => search,
  // Asked for while the page itself is loaded, which shows its shape until there is an answer.
  loader: ({ context, deps }) => void context.client.prefetchQuery(devicesQuestion(undefined, deps)),
}).lazy(() => import("./page.tsx").then(({ Route }) => Route))

export const fleetDevicesRoute = createRoute({
  getParentRoute: () => fleetRoute,
  path: "/devices",
  validateSearch,
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps, params: { organization, name } }) =>
    void context.client.prefetchQuery(devicesQuestion(`${organization}/${name}`, deps)),
}).lazy(() => import("./fleet-page.tsx").then(({ Route }) => Route))
