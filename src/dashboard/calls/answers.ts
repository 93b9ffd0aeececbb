import type { Answer } from "./routes.ts"

// What several pages show, as the API answers it.

export type Device = Answer<"get /devices/{uuid}">
export type FleetEvent = Answer<"get /fleets/{organization}/{name}/history">["items"][number]
/** A release where it is a target or a pin. */
export type ReleaseName = NonNullable<Device["target"]>
export type Release = Answer<"get /releases/{id}">
export type ListedRelease = Answer<"get /fleets/{organization}/{name}/releases">["items"][number]
export type ReleaseUse = Answer<"get /releases/{id}/use">
export type TargetChange = Answer<"post /releases/{id}/invalidate">["target"]
export type Token = Answer<"get /tokens">["items"][number]
