import { printCursor } from "../api/cursor.ts"
import { pageOf } from "../api/page.ts"
import {
  parseRelease,
  parseSummary,
  printNewRelease,
  releaseSchema,
  releaseSummarySchema,
} from "../api/release.ts"
import { FleetError } from "../fleet/fleet-error.ts"
import type { FleetStore, RecordOptions } from "../fleet/fleet-store.ts"
import type { NewRelease, Release, UnsuccessfulRelease } from "../fleet/release.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { readPages } from "./pages.ts"
import { fleetPath, releasePath } from "./paths.ts"
import type { ServerConnection } from "./server-connection.ts"

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
  | "findReleases"
  | "removeRelease"
>

export function releaseCalls(server: ServerConnection): ReleaseCalls {
  // One key for one recording, made before it is first sent: a lost answer then costs no second revision.
  const record = async (
    fleet: FleetSlug,
    release: NewRelease | UnsuccessfulRelease,
    { idempotencyKey = newKey(server), origin = "create", signal }: RecordOptions,
  ): Promise<Release> => {
    const body = printNewRelease(release, origin)
    const headers = { "idempotency-key": idempotencyKey }
    const path = `${fleetPath(fleet)}/releases`
    const call = { method: "POST", path, body, headers, repeatable: true, signal } as const
    return parseRelease(await server.call(call, releaseSchema))
  }
  const change = async (id: number, verb: string, signal: AbortSignal | undefined): Promise<Release> => {
    const path = `${releasePath(id)}/${verb}`
    return parseRelease(await server.call({ method: "POST", path, repeatable: true, signal }, releaseSchema))
  }
  return {
    recordRelease: record,
    recordUnsuccessfulRelease: record,
    finalizeRelease: (id, { signal }) => change(id, "finalize", signal),
    invalidateRelease: (id, { signal }) => change(id, "invalidate", signal),
    validateRelease: (id, { signal }) => change(id, "validate", signal),

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

    async listReleases(fleet, { limit, before, signal } = {}) {
      const found = await readPages(server, { path: `${fleetPath(fleet)}/releases` }, releaseSummarySchema, {
        limit,
        cursor: before === undefined ? undefined : printCursor(before),
        signal,
      })
      return found.map(parseSummary)
    },

    async findReleases(filter, options) {
      const list =
        "rawVersion" in filter
          ? { path: `${fleetPath(filter.fleet)}/releases`, query: { version: filter.rawVersion } }
          : { path: "releases", query: { ...filter } }
      const call = { method: "GET", ...list, signal: options?.signal } as const
      return (await server.call(call, pageOf(releaseSummarySchema))).items.map(parseSummary)
    },

    removeRelease: (id, { signal }) => server.remove({ path: releasePath(id), signal }),
  }
}

/** Unique is enough: a key means nothing to anybody else, and fits one content alone. */
function newKey({ clock }: ServerConnection): string {
  const part = () => clock.random().toString(36).slice(2)
  return `${clock.now().toString(36)}-${part()}${part()}`
}
