import { FleetError } from "./fleet-error.ts"
import { type FleetSlug, organizationOf } from "./slug.ts"

// One wording for what is not there, and for what a server will not tell of; and for what is there already, or twice.

export function fleetNotFound(slug: FleetSlug): FleetError {
  return new FleetError("FLEET_NOT_FOUND", `there is no fleet ${slug}`)
}

/** What lies in a content store is that store's to look after. */
export function fleetHasNoRegistry(slug: FleetSlug): FleetError {
  return new FleetError(
    "FLEET_HAS_NO_REGISTRY",
    `${slug} keeps its images in the content store, and in no registry`,
    {
      hint: "create a fleet with that registry, and import the releases and move the devices there",
    },
  )
}

export function releaseNotFound(id: number): FleetError {
  return new FleetError("RELEASE_NOT_FOUND", `there is no release with the id ${id}`)
}

export function deviceNotFound(uuid: string): FleetError {
  return new FleetError("DEVICE_NOT_FOUND", `there is no device ${uuid}`)
}

/** Within its organization. */
export function deviceExists(uuid: string, organization: string): FleetError {
  return new FleetError("DEVICE_EXISTS", `there is a device ${uuid} in ${organization} already`, {
    hint: "a device that is to change its fleet is moved; one that is to have another key is removed first",
  })
}

/** For whoever sees all organizations, of which several have a device with that uuid. */
export function deviceAmbiguous(uuid: string, fleets: readonly FleetSlug[]): FleetError {
  const [organization = ""] = fleets.map(organizationOf).toSorted()
  return new FleetError("DEVICE_AMBIGUOUS", `there are devices ${uuid} in ${fleets.toSorted().join(", ")}`, {
    hint: `name its organization too: ${organization}/${uuid}, and in the API ?organization=${organization}`,
  })
}

export function tokenNotFound(id: number): FleetError {
  return new FleetError("TOKEN_NOT_FOUND", `there is no token with the id ${id}`)
}

export function organizationNotFound(
  organization: string,
  hint = "an organization comes with its first fleet: create that",
): FleetError {
  return new FleetError("ORGANIZATION_NOT_FOUND", `there is no organization ${organization}`, { hint })
}
