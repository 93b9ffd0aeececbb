import { FleetError } from "./fleet-error.ts"
import type { FleetSlug } from "./slug.ts"

// One wording for what is not there, and for what a server will not tell of.

export function fleetNotFound(slug: FleetSlug): FleetError {
  return new FleetError("FLEET_NOT_FOUND", `there is no fleet ${slug}`, {
    hint: `waybill fleet list shows those there are; waybill fleet create ${slug} makes it`,
  })
}

export function releaseNotFound(id: number): FleetError {
  return new FleetError("RELEASE_NOT_FOUND", `there is no release with the id ${id}`, {
    hint: "waybill release list <fleet> shows those there are",
  })
}

export function deviceNotFound(uuid: string): FleetError {
  return new FleetError("DEVICE_NOT_FOUND", `there is no device ${uuid}`, {
    hint: "waybill device list shows those there are",
  })
}

export function tokenNotFound(id: number): FleetError {
  return new FleetError("TOKEN_NOT_FOUND", `there is no token with the id ${id}`, {
    hint: "waybill token list shows those there are",
  })
}

export function organizationNotFound(
  organization: string,
  hint = "an organization comes with its first fleet: waybill fleet create makes both",
): FleetError {
  return new FleetError("ORGANIZATION_NOT_FOUND", `there is no organization ${organization}`, { hint })
}
