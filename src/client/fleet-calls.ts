import { printCursor } from "../api/cursor.ts"
import { fleetEventSchema, printEventFilter } from "../api/event.ts"
import { changedFleetSchema, fleetSchema } from "../api/fleet.ts"
import { fleetOverviewSchema } from "../api/fleet-overview.ts"
import type { FleetPolicyOptions, FleetStore } from "../fleet/fleet-store.ts"
import type { EventFilter, EventScope } from "../fleet/list-options.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { readPages, readTotal } from "./pages.ts"
import { fleetPath } from "./paths.ts"
import { boundTo, previewOf } from "./policy-binding.ts"
import type { ServerConnection } from "./server-connection.ts"

type FleetCalls = Pick<
  FleetStore,
  | "createFleet"
  | "getFleet"
  | "listFleets"
  | "listFleetOverviews"
  | "totalFleets"
  | "setPublic"
  | "setRegistry"
  | "removeFleet"
  | "listEvents"
  | "totalEvents"
  | "pinFleet"
  | "trackLatest"
>

export function fleetCalls(server: ServerConnection): FleetCalls {
  const setPolicy = async (fleet: FleetSlug, body: object, options: FleetPolicyOptions) => {
    const path = fleetPath(fleet)
    const binding = await boundTo(server, fleet, path, fleetSchema, options)
    const { targetChange: target, ...changed } = await server.call(
      {
        method: "PUT",
        path: `${path}/policy`,
        query: previewOf(options),
        body,
        signal: options.signal,
        ...binding,
      },
      changedFleetSchema,
    )
    return { fleet: changed, target }
  }
  return {
    // Not sent again when its answer is lost: FLEET_EXISTS would then be said of the fleet just made.
    createFleet: (fleet, { signal }) =>
      server.call({ method: "POST", path: "fleets", body: fleet, signal }, fleetSchema),

    getFleet: (slug, options) =>
      server.call({ method: "GET", path: fleetPath(slug), signal: options?.signal }, fleetSchema),

    listFleets: ({ limit, offset, after, signal, ...query } = {}) =>
      readPages(server, { path: "fleets", query }, fleetSchema, {
        limit,
        cursor: after && printCursor(after),
        offset,
        signal,
      }),

    listFleetOverviews: ({ limit, offset, after, now: _, signal, ...query }) =>
      readPages(server, { path: "fleet-overviews", query }, fleetOverviewSchema, {
        limit,
        cursor: after && printCursor(after),
        offset,
        signal,
      }),

    totalFleets: ({ signal, ...query } = {}) => readTotal(server, { path: "fleets", query }, signal),

    // To set what is set already changes nothing, whereas a PATCH in general may.
    async setPublic(slug, isPublic, options) {
      const path = fleetPath(slug)
      const binding = await boundTo(server, slug, path, fleetSchema, options)
      const call = { method: "PATCH", path, body: { isPublic }, repeatable: true } as const
      return server.call({ ...call, signal: options.signal, ...binding }, fleetSchema)
    },

    async setRegistry(slug, registry, options) {
      const path = fleetPath(slug)
      const binding = await boundTo(server, slug, path, fleetSchema, options)
      const call = { method: "PUT", path: `${path}/registry`, body: { registry } } as const
      return server.call({ ...call, signal: options.signal, ...binding }, fleetSchema)
    },

    async removeFleet(slug, { withReleases, withDevices, preview, ...options }) {
      const path = fleetPath(slug)
      const binding = await boundTo(server, slug, path, fleetSchema, options)
      const query = { withReleases, withDevices, ...previewOf({ preview }) }
      await server.remove({ path, query, signal: options.signal, ...binding })
    },

    listEvents: (of, { limit, offset, before, signal, ...filter } = {}) =>
      readPages(server, eventList(of, filter), fleetEventSchema, {
        limit,
        cursor: before === undefined ? undefined : printCursor(before),
        offset,
        signal,
      }),

    totalEvents: (of, { signal, ...filter } = {}) => readTotal(server, eventList(of, filter), signal),

    pinFleet: (slug, release, options) => setPolicy(slug, { policy: "pinned", release }, options),

    trackLatest: (slug, options) => setPolicy(slug, { policy: "track-latest" }, options),
  }
}

function eventList(of: EventScope, filter: EventFilter) {
  const query = printEventFilter(filter)
  if (typeof of === "string") return { path: `${fleetPath(of)}/history`, query }
  return { path: "events", query: { ...query, organization: of.organization } }
}
