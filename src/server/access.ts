import { ApiError } from "../api/api-error.ts"
import { mayDo, type Permission, type Principal, type Token } from "../fleet/access.ts"
import type { Device } from "../fleet/device.ts"
import { deviceNotFound, fleetNotFound, organizationNotFound, releaseNotFound } from "../fleet/not-found.ts"
import type { ReleaseSummary } from "../fleet/release.ts"
import { type FleetSlug, organizationOf, parseFleetSlug } from "../fleet/slug.ts"
import type { RequestContext } from "./app.ts"

const DOING: Readonly<Record<Permission, string>> = {
  view: "read this",
  deploy: "record releases and set policy",
  administer: "administer",
}

const HIGHER_ROLE = "use a token with a role that may: viewer, deployer and admin may more in this order"

/**
 * What one request may do. Everything that a route touches passes here: what is of another organization is as if it
 * were not there, in the very words.
 */
export class Access {
  readonly principal: Principal

  constructor(c: RequestContext) {
    this.principal = c.get("principal")
  }

  /** Its organization: `null` means all. Throws `FORBIDDEN` for a device. */
  scope(): string | null {
    return this.token().organization
  }

  /** What is used by itself, or by a session. Throws `FORBIDDEN` for a device. */
  token(): Token {
    const { principal } = this
    if (principal.kind === "token") return principal.token
    throw new ApiError("FORBIDDEN", "a device's key reaches the device's own target and report alone", {
      hint: "use a token",
    })
  }

  /** For all that there is on the server, and not in one organization. */
  server(permission: Permission): void {
    const scope = this.scope()
    if (mayDo(this.principal, permission, null)) return
    throw forbidden(permission, "in all organizations", scope === null ? undefined : goodFor(scope))
  }

  organization(name: string, permission: Permission): void {
    const scope = this.scope()
    // It cannot make one either: what to do instead is said, and not whether another has it.
    if (scope !== null && scope !== name) throw organizationNotFound(name, goodFor(scope))
    this.#check(permission, name)
  }

  fleet(text: string, permission: Permission): FleetSlug {
    const scope = this.scope()
    const slug = parseFleetSlug(text)
    const organization = organizationOf(slug)
    if (scope !== null && scope !== organization) throw fleetNotFound(slug)
    this.#check(permission, organization)
    return slug
  }

  release<Found extends Pick<ReleaseSummary, "id" | "fleet">>(release: Found, permission: Permission): Found {
    const organization = organizationOf(release.fleet)
    if (!this.#sees(organization)) throw releaseNotFound(release.id)
    this.#check(permission, organization)
    return release
  }

  /** The organization whose device is meant by a uuid, where one was named or there is only one for who asks. */
  deviceScope(uuid: string, named: string | undefined): string | undefined {
    const { principal } = this
    const own = principal.kind === "device" ? principal.organization : principal.token.organization
    // A device sees no other: whatever else it asks for is not there.
    if (principal.kind === "device" && principal.uuid !== uuid) throw deviceNotFound(uuid)
    if (own !== null && named !== undefined && named !== own) throw deviceNotFound(uuid)
    return own ?? named
  }

  device(device: Device, permission: Permission): Device {
    this.#check(permission, organizationOf(device.fleet))
    return device
  }

  #sees(organization: string): boolean {
    const scope = this.scope()
    return scope === null || scope === organization
  }

  #check(permission: Permission, organization: string): void {
    if (!mayDo(this.principal, permission, organization)) throw forbidden(permission, `in ${organization}`)
  }
}

function forbidden(permission: Permission, where: string, hint = HIGHER_ROLE): ApiError {
  return new ApiError("FORBIDDEN", `this token may not ${DOING[permission]} ${where}`, { hint })
}

function goodFor(organization: string): string {
  return `this token is good for ${organization} alone: name that, or use a token of all organizations`
}
