import type { RegistryClient } from "../registry/registry-client.ts"
import type { Context } from "./context.ts"
import { type Finding, finding, found } from "./finding.ts"
import { fleetRepository } from "./mount-source.ts"
import { type Place, probeRegistry } from "./probe-registry.ts"

/**
 * Asks each registry that a login is kept for, or that a fleet keeps its images in, whether it answers and takes the
 * login. `logins` are places as `host[/path]`.
 */
export async function checkRegistries(
  client: RegistryClient,
  logins: readonly string[],
  fleets: Awaited<ReturnType<Context["fleets"]["listFleets"]>>,
  signal: AbortSignal,
): Promise<Finding[]> {
  const needed = new Map<string, Place>()
  for (const { slug, registry } of fleets) {
    if (registry === null) continue
    const place = fleetRepository({ slug, registry })
    if (!needed.has(place.registry)) needed.set(place.registry, place)
  }
  const kept = logins.map(parsePlace)
  const others = kept.filter(({ registry }) => !needed.has(registry))
  const hasLogin = (registry: string) => kept.some((place) => place.registry === registry)
  const findings = await Promise.all([
    ...[...needed.values()].map((place) => ask(client, place, hasLogin(place.registry), "problem", signal)),
    // Nothing that is known here needs these.
    ...others.map((place) => ask(client, place, true, "warning", signal)),
  ])
  if (findings.length === 0) return [finding("registry", "ok", "no logins, and no fleets in registries")]
  return findings.flat()
}

function parsePlace(place: string): Place {
  const slash = place.indexOf("/")
  if (slash < 0) return { registry: place, repository: "" }
  return { registry: place.slice(0, slash), repository: place.slice(slash + 1) }
}

async function ask(
  client: RegistryClient,
  place: Place,
  hasLogin: boolean,
  status: "warning" | "problem",
  signal: AbortSignal,
): Promise<Finding[]> {
  const findings = await found("registry", status, async () => {
    const asked = await probeRegistry(client, place, signal)
    const login = !asked ? "asks for no login" : hasLogin ? "takes the login" : "gives access without a login"
    return [finding("registry", "ok", `${place.registry} answers, and ${login}`)]
  })
  signal.throwIfAborted()
  return findings
}
