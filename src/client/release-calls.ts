import type { z } from "zod"
import { printCursor } from "../api/cursor.ts"
import { MAX_PAGE, pageOf } from "../api/page.ts"
import {
  changedReleaseSchema,
  parseOverview,
  parseRelease,
  parseSummary,
  printNewRelease,
  printReleaseConditions,
  releaseOverviewSchema,
  releaseSchema,
  releaseSummarySchema,
  releaseUseSchema,
} from "../api/release.ts"
import { FleetError } from "../fleet/fleet-error.ts"
import type { FleetStore, RecordOptions, ReleaseChange, ReleaseChangeOptions } from "../fleet/fleet-store.ts"
import type { ReleasePageOptions } from "../fleet/list-options.ts"
import { checkState, type NewRelease, type UnsuccessfulRelease } from "../fleet/release.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { readPages, readTotal } from "./pages.ts"
import { fleetPath, releasePath } from "./paths.ts"
import { previewOf } from "./policy-binding.ts"
import type { Call, ServerConnection } from "./server-connection.ts"

type ReleaseCalls = Pick<
  FleetStore,
  | "recordRelease"
  | "recordUnsuccessfulRelease"
  | "finalizeRelease"
  | "invalidateRelease"
  | "validateRelease"
  | "getRelease"
  | "latestRelease"
  | "listReleases"
  | "totalReleases"
  | "listReleaseOverviews"
  | "getReleaseUse"
  | "findReleases"
  | "removeRelease"
>

export function releaseCalls(server: ServerConnection): ReleaseCalls {
  // One key for one recording, made before it is first sent: a lost answer then costs no second revision.
  const record = async <Answer>(
    fleet: FleetSlug,
    release: NewRelease | UnsuccessfulRelease,
    { idempotencyKey = newKey(server), signal, ...details }: RecordOptions,
    schema: z.ZodType<Answer>,
  ): Promise<Answer> => {
    const body = printNewRelease(release, details)
    const headers = { "idempotency-key": idempotencyKey }
    const path = `${fleetPath(fleet)}/releases`
    const call = { method: "POST", path, body, headers, repeatable: true, signal } as const
    return server.call(call, schema)
  }
  // As of a policy, see `boundTo`.
  const bindingOf = async (
    id: number,
    { state, signal }: ReleaseChangeOptions,
  ): Promise<Pick<Call, "headers" | "repeatable">> => {
    if (state === undefined) return {}
    const { resource, etag } = await server.read(releasePath(id), releaseSchema, signal)
    checkState(parseRelease(resource), state)
    return { headers: { "if-match": etag }, repeatable: false }
  }
  const change = async (id: number, verb: string, options: ReleaseChangeOptions): Promise<ReleaseChange> => {
    const path = `${releasePath(id)}/${verb}`
    const binding = await bindingOf(id, options)
    const query = previewOf(options)
    const call = {
      method: "POST",
      path,
      query,
      repeatable: true,
      signal: options.signal,
      ...binding,
    } as const
    return parseChange(await server.call(call, changedReleaseSchema))
  }
  const list = <Item extends z.ZodType>(
    fleet: FleetSlug,
    { limit, offset, before, sort, signal, ...conditions }: ReleasePageOptions,
    item: Item,
    extras: Call["query"] = {},
  ): Promise<z.output<Item>[]> => {
    const query = { ...printReleaseConditions(conditions), sort, ...extras }
    return readPages(server, { path: `${fleetPath(fleet)}/releases`, query }, item, {
      limit,
      cursor: before === undefined ? undefined : printCursor(before),
      offset,
      signal,
    })
  }
  return {
    recordRelease: async (fleet, release, options) =>
      parseChange(await record(fleet, release, options, changedReleaseSchema)),
    recordUnsuccessfulRelease: async (fleet, release, options) =>
      parseRelease(await record(fleet, release, options, releaseSchema)),
    finalizeRelease: (id, options) => change(id, "finalize", options),
    invalidateRelease: (id, options) => change(id, "invalidate", options),
    validateRelease: (id, options) => change(id, "validate", options),

    async getRelease(id, options) {
      const call = { method: "GET", path: releasePath(id), signal: options?.signal } as const
      return parseRelease(await server.call(call, releaseSchema))
    },

    async latestRelease(fleet, options) {
      const path = `${fleetPath(fleet)}/releases/latest`
      const call = { method: "GET", path, signal: options?.signal } as const
      try {
        return parseRelease(await server.call(call, releaseSchema))
      } catch (error) {
        if (error instanceof FleetError && error.code === "RELEASE_NOT_FOUND") return undefined
        throw error
      }
    },

    async listReleases(fleet, options = {}) {
      const found = await list(fleet, options, releaseSummarySchema)
      return found.map(parseSummary)
    },

    async listReleaseOverviews(fleet, options = {}) {
      const found = await list(fleet, options, releaseOverviewSchema, { with: "use" })
      return found.map(parseOverview)
    },

    getReleaseUse: (id, { signal } = {}) =>
      server.call({ method: "GET", path: `${releasePath(id)}/use`, signal }, releaseUseSchema),

    totalReleases: (fleet, { signal, ...conditions } = {}) =>
      readTotal(
        server,
        { path: `${fleetPath(fleet)}/releases`, query: printReleaseConditions(conditions) },
        signal,
      ),

    async findReleases(filter, { limit, signal } = {}) {
      const list =
        "version" in filter
          ? {
              path: `${fleetPath(filter.fleet)}/releases`,
              query: {
                version: filter.version,
                limit: limit !== undefined && limit <= MAX_PAGE ? limit : undefined,
              },
            }
          : { path: "releases", query: { ...filter } }
      const call = { method: "GET", ...list, signal } as const
      const { items } = await server.call(call, pageOf(releaseSummarySchema))
      return items.slice(0, limit).map(parseSummary)
    },

    async removeRelease(id, options) {
      const binding = await bindingOf(id, options)
      const query = previewOf(options)
      await server.remove({ path: releasePath(id), query, signal: options.signal, ...binding })
    },
  }
}

function parseChange({ target, ...release }: z.output<typeof changedReleaseSchema>): ReleaseChange {
  return { release: parseRelease(release), target }
}

/** Unique is enough: a key means nothing to anybody else, and fits one content alone. */
function newKey({ clock }: ServerConnection): string {
  const part = () => clock.random().toString(36).slice(2)
  return `${clock.now().toString(36)}-${part()}${part()}`
}
