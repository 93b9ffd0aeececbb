import type { BundleRepository } from "../bundle/served-bundle.ts"

/** `host:port` of a server's address, under which other machines reach it: `ownAddress` where it listens at all. */
export function placeOf(url: string, ownAddress: string): string {
  // Always with its port: Docker would take a plain name before the slash for an account at Docker Hub.
  return url.replace(/^https?:\/\//, "").replace(/^(?:0\.0\.0\.0|\[::\])(?=:)/, ownAddress)
}

/** What copies a service, or the whole release, from a bundle that is served. */
export function pullCommand({ name, tag, service }: BundleRepository, place: string, isTls: boolean): string {
  const reference = `${place}/${name}:${tag}`
  if (service !== undefined) return `docker pull ${reference}`
  // Of this machine alone, oras tries no plain HTTP by itself, as docker does.
  const plainHttp = isTls ? "" : "--from-plain-http "
  return `oras copy ${plainHttp}${reference} --to-oci-layout ${name}:${tag}`
}
