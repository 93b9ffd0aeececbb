import { FleetError } from "./fleet-error.ts"

/** Names a fleet: `organization/name` in lower case. */
export type FleetSlug = `${string}/${string}`

/** Of a fleet's name, in characters; an organization may be shorter than the least. */
const NAME_LENGTH = { min: 4, max: 100 } as const

/**
 * A path component of a repository (distribution-spec 1.1, Pulling manifests) without dots: a fleet's images live
 * under `<registry>/<organization>/<name>`, so what a registry would refuse is refused here.
 */
const COMPONENT = /^[a-z0-9]+(?:(?:__?|-+)[a-z0-9]+)*$/

/**
 * Parses `organization/name`. Capital letters are taken as lower case.
 * Throws `INVALID_SLUG` for what could not be a path in a registry.
 */
export function parseFleetSlug(text: string): FleetSlug {
  const slug = text.toLowerCase()
  const [organization = "", name = "", ...rest] = slug.split("/")
  if (organization === "" || name === "" || rest.length > 0) {
    throw invalid(text, "it is not an organization and a name with one / between", "write it as acme/edge")
  }
  checkComponent(text, "the organization", organization, 1)
  checkComponent(text, "the name", name, NAME_LENGTH.min)
  return `${organization}/${name}`
}

/** The organization that a slug names. */
export function organizationOf(slug: FleetSlug): string {
  return slug.slice(0, slug.indexOf("/"))
}

function checkComponent(text: string, part: string, value: string, min: number): void {
  if (value.length < min || value.length > NAME_LENGTH.max) {
    throw invalid(text, `${part} has ${value.length} characters`, `use ${min} to ${NAME_LENGTH.max}`)
  }
  if (!COMPONENT.test(value)) {
    throw invalid(
      text,
      `${part} could not be part of a repository's name`,
      "use a-z and 0-9, and between them -, _ or __: not at the start or the end, no ___, no - beside _",
    )
  }
}

function invalid(text: string, reason: string, hint: string): FleetError {
  return new FleetError("INVALID_SLUG", `"${text.slice(0, 220)}" is not a fleet: ${reason}`, { hint })
}
