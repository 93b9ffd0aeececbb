import type { IncomingMessage } from "node:http"
import { ApiError } from "../api/api-error.ts"
import type { WritableRepository } from "../content/registry-storage.ts"
import { WaybillError } from "../errors/waybill-error.ts"
import { mayDo, type Principal } from "../fleet/access.ts"
import type { Fleet } from "../fleet/fleet.ts"
import { hashSecret } from "../fleet/secret.ts"
import { type FleetSlug, organizationOf, parseFleetSlug } from "../fleet/slug.ts"
import { rawVersion } from "../fleet/version.ts"
import type { Digest } from "../oci/digest.ts"
import type { Home } from "../operations/home.ts"
import type { Callers } from "./callers.ts"
import { keptElsewhere, PassedOnRepository } from "./passed-on-repository.ts"
import type { OpenRepository, RegistryAccess, RegistryAction, Visitor } from "./registry/registry-access.ts"
import { RegistryRefusal } from "./registry/registry-refusal.ts"
import { scopeTried } from "./registry-scope.ts"
import type { RegistryTokens } from "./registry-tokens.ts"
import { ReleaseCache } from "./release-cache.ts"
import { TooManyFailures } from "./too-many-failures.ts"

interface Options {
  home: Home
  tokens: RegistryTokens
  callers: Callers
}

/** Who asks: nobody in particular has no principal. */
interface Login {
  principal: Principal | undefined
  /** For the log. */
  actor: string
  secretHash: string | undefined
  /** Whether it is by a token of ours, and what that alone pulls from: see `RegistryTokens`. */
  isByToken: boolean
  pulls: ReadonlySet<string> | undefined
}

const ISSUED = /^wbr_[A-Za-z0-9_-]{43}$/
const SECRET = /^wb[dt]_[A-Za-z0-9_-]{43}$/

/** The repositories of fleets that keep their images in the content store: their names are those of the fleets. */
export class FleetRegistry implements RegistryAccess {
  readonly #options: Options
  readonly #releases: ReleaseCache

  constructor(options: Options) {
    this.#options = options
    this.#releases = new ReleaseCache(options.home.fleets)
  }

  async enter(incoming: IncomingMessage): Promise<Visitor> {
    const login = (await this.login(incoming)) ?? (await this.#signedIn(incoming))
    // Clients ask for /v2/ to learn how to log in.
    if (login === undefined) throw this.#challenge(incoming, "this needs a login")
    return {
      actor: login.actor,
      open: (name, action) => this.#open(incoming, login, name, action),
      listRepositories: async () => {
        if (login.pulls !== undefined) throw this.#insufficient(incoming)
        return this.#list(login)
      },
      findReadable: async (names) => {
        for (const name of names) {
          const isReadable = await this.#open(incoming, login, name, "pull").then(
            ({ only }) => only === undefined,
            (error: unknown) => {
              if (error instanceof RegistryRefusal) return false
              throw error
            },
          )
          if (isReadable) return name
        }
        return undefined
      },
    }
  }

  /**
   * Finds out who asks: Basic with a secret as its password, or Bearer with a token of ours or the secret itself.
   * `undefined` for a request without any. Throws `UNAUTHORIZED`, `TOOMANYREQUESTS`.
   */
  async login(incoming: IncomingMessage, given?: string): Promise<Login | undefined> {
    const header = incoming.headers.authorization
    if (given === undefined && header === undefined) return undefined
    const [, kind = "", value = ""] = /^(\S+) +(\S+)$/.exec(header ?? "") ?? []
    const issued = kind.toLowerCase() === "bearer" ? this.#options.tokens.find(value) : undefined
    const { pulls } = issued ?? {}
    if (issued !== undefined && issued.secretHash === undefined) {
      return { principal: undefined, actor: "anybody", secretHash: undefined, isByToken: true, pulls }
    }
    // One that has ended says nothing of who sends it, and is looked for in memory alone: clients get another.
    if (given === undefined && issued === undefined && ISSUED.test(value)) throw this.#ended(incoming)
    const secret = given ?? (kind.toLowerCase() === "basic" ? passwordOf(value) : value)
    const secretHash = issued?.secretHash ?? (SECRET.test(secret) ? hashSecret(secret) : undefined)
    const principal = secretHash && (await this.#options.callers.bySecret(secretHash))
    if (!principal) throw this.#refusal(incoming)
    return { principal, actor: describe(principal), secretHash, isByToken: issued !== undefined, pulls }
  }

  /** A browser may do what its token may. It gets no token for that: see `registryLogin`. */
  async #signedIn(incoming: IncomingMessage): Promise<Login | undefined> {
    const session = await this.#options.callers.bySession(incoming).catch((error: unknown) => {
      throw this.#inOwnWords(incoming, error)
    })
    if (session === undefined) return undefined
    const principal = { kind: "token", token: session.token } as const
    const login = { secretHash: undefined, isByToken: false, pulls: undefined }
    return { principal, actor: describe(principal), ...login }
  }

  async #open(
    incoming: IncomingMessage,
    login: Login,
    name: string,
    action: RegistryAction,
  ): Promise<OpenRepository> {
    const { principal, pulls } = login
    // Before anything is looked for: the answer is the same for what is there and what is not.
    if (pulls !== undefined && (action !== "pull" || !pulls.has(name))) {
      throw this.#insufficient(incoming)
    }
    const fleet = await this.#findFleet(name)
    const isPublic = fleet?.isPublic === true && action === "pull"
    if (principal === undefined) {
      if (!isPublic) throw this.#challenge(incoming, `${name} needs a login`)
      return { content: await this.#served(fleet) }
    }
    if (principal.kind === "device") return this.#openForDevice(principal, fleet, name, action)
    const { organization } = principal.token
    const sees = fleet !== undefined && (organization === null || organization === organizationOf(fleet.slug))
    if (!sees && !isPublic) throw unknown(name)
    const mayPush = sees && mayDo(principal, "deploy", organizationOf(fleet.slug))
    if (mayPush && pulls === undefined && action !== "delete" && fleet.registry !== null) {
      const passedOn = new PassedOnRepository(this.#options.home, { ...fleet, registry: fleet.registry })
      return { content: passedOn, target: passedOn }
    }
    const content = await this.#served(fleet as Fleet)
    if (!sees) return { content }
    if (action === "pull") return { content, target: mayPush && pulls === undefined ? content : undefined }
    if (mayPush) {
      return {
        content,
        target: content,
        checkRemoval: (digest) => this.#checkRemoval(fleet.slug, content, digest),
      }
    }
    throw new RegistryRefusal("DENIED", `this token may not ${action} in ${name}`, {
      hint: "use a token of a deployer or an admin",
    })
  }

  async #openForDevice(
    { uuid, organization }: Extract<Principal, { kind: "device" }>,
    fleet: Fleet | undefined,
    name: string,
    action: RegistryAction,
  ): Promise<OpenRepository> {
    if (action !== "pull") throw new RegistryRefusal("DENIED", "a device only pulls")
    if (fleet?.isPublic) return { content: await this.#served(fleet) }
    const { target, fleet: own } = await this.#options.home.database.peekTarget(uuid, { organization })
    if (fleet === undefined || own !== name || target === null) throw unknown(name)
    const release = await this.#releases.find(target)
    if (release?.status !== "success") throw unknown(name)
    return { content: await this.#served(fleet), only: release.index.digest }
  }

  async #served(fleet: Fleet): Promise<WritableRepository> {
    if (fleet.registry !== null) throw keptElsewhere({ ...fleet, registry: fleet.registry })
    return (await this.#options.home.store()).served(fleet.slug)
  }

  async #findFleet(name: string): Promise<Fleet | undefined> {
    try {
      return await this.#options.home.fleets.getFleet(parseFleetSlug(name))
    } catch (error) {
      if (error instanceof WaybillError && ["FLEET_NOT_FOUND", "INVALID_SLUG"].includes(error.code)) {
        return undefined
      }
      throw error
    }
  }

  async #list({ principal }: Login): Promise<string[]> {
    if (principal?.kind === "device") return []
    const organization = principal?.token.organization ?? null
    const fleets = await this.#options.home.fleets.listFleets()
    return fleets
      .filter(({ registry }) => registry === null)
      .filter(({ slug, isPublic }) =>
        principal === undefined
          ? isPublic
          : isPublic || organization === null || organization === organizationOf(slug),
      )
      .map(({ slug }) => slug)
  }

  /** What a release needs goes with the release. */
  async #checkRemoval(fleet: FleetSlug, content: WritableRepository, digest: Digest): Promise<void> {
    const root = await content.rootOf(digest)
    for (const release of await this.#options.home.fleets.listReleases(fleet)) {
      if (release.status !== "success" || release.index.digest !== root) continue
      throw new RegistryRefusal("DENIED", `release ${rawVersion(release)} of ${fleet} needs ${digest}`, {
        hint: "remove that release first: waybill release rm",
      })
    }
  }

  #refusal(incoming: IncomingMessage): RegistryRefusal {
    const wait = this.#options.callers.countFailure(incoming)
    return wait > 0 ? tooManyFailures(new TooManyFailures(wait)) : this.#ended(incoming)
  }

  #inOwnWords(incoming: IncomingMessage, error: unknown): unknown {
    if (!(error instanceof ApiError)) return error
    const { message, hint } = error
    if (error instanceof TooManyFailures) return tooManyFailures(error)
    if (error.code === "FORBIDDEN") return new RegistryRefusal("DENIED", message, { hint })
    return this.#challenge(incoming, message)
  }

  #ended(incoming: IncomingMessage): RegistryRefusal {
    return this.#challenge(incoming, "that login is wrong, has expired, or was revoked", "invalid_token")
  }

  /** A token of ours buys no other. */
  refuseToken(incoming: IncomingMessage): RegistryRefusal {
    return this.#challenge(incoming, "a token is given for a token's secret or a device's key alone")
  }

  /** Clients ask for another token then (RFC 6750, section 3.1). */
  #insufficient(incoming: IncomingMessage): RegistryRefusal {
    return this.#challenge(
      incoming,
      "that token only pulls from the repositories that it was asked for",
      "insufficient_scope",
    )
  }

  /** Says where a token is to be had (distribution's token authentication; RFC 6750, section 3). */
  #challenge(incoming: IncomingMessage, message: string, error?: string): RegistryRefusal {
    const scope = scopeTried(incoming)
    const host = incoming.headers.host ?? "localhost"
    const scheme = this.#options.callers.isSecure(incoming) ? "https" : "http"
    const parameters = {
      realm: `${scheme}://${host}/api/v1/registry/token`,
      service: host,
      ...(scope !== undefined && { scope }),
      ...(error !== undefined && { error }),
    }
    const challenge = Object.entries(parameters).map(
      ([name, value]) => `${name}="${value.replace(/[^\x20-\x7e]|["\\]/g, "")}"`,
    )
    return new RegistryRefusal("UNAUTHORIZED", message, {
      hint: "log in with any name, and a token or a device's key as the password",
      headers: { "www-authenticate": `Bearer ${challenge.join(",")}` },
    })
  }
}

function passwordOf(basic: string): string {
  const text = Buffer.from(basic, "base64").toString("utf8")
  return text.slice(text.indexOf(":") + 1)
}

function describe(principal: Principal): string {
  return principal.kind === "device" ? `device ${principal.uuid}` : principal.token.name
}

function tooManyFailures({ message, seconds }: TooManyFailures): RegistryRefusal {
  return new RegistryRefusal("TOOMANYREQUESTS", message, { headers: { "retry-after": String(seconds) } })
}

function unknown(name: string): RegistryRefusal {
  return new RegistryRefusal("NAME_UNKNOWN", `there is no repository ${name}`, {
    hint: "a repository is a fleet that keeps its images here: waybill fleet create",
  })
}
