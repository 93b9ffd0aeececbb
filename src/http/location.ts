import { isLoopback } from "./loopback.ts"
import { NetworkError } from "./network-error.ts"

/** A URL for messages. Its query is left out: upload states and signed URLs carry secrets there. */
export function printUrl(url: URL): string {
  return `${url.origin}${url.pathname}${url.search === "" ? "" : "?…"}`
}

/**
 * Resolves a `Location` or a link against the URL it came from; it may be relative or name another host.
 * Throws `INSECURE_LOCATION` for a step from HTTPS to HTTP, and for plain HTTP to a far host that nobody allowed:
 * either would show the content, and a token in the query, to the network.
 */
export function resolveLocation(from: URL, location: string, plainHttp: boolean): URL {
  const url = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new NetworkError("INVALID_RESPONSE", `${from.host} points to a location that is no HTTP URL`)
  }
  const secure = url.protocol === "https:"
  const allowed = secure || (from.protocol !== "https:" && (plainHttp || isLoopback(url.hostname)))
  if (allowed) return url
  throw new NetworkError("INSECURE_LOCATION", `${from.host} leads to plain HTTP at ${printUrl(url)}`, {
    hint: "the server is not set up right: it has to give https locations",
  })
}
