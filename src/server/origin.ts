import type { IncomingMessage } from "node:http"
import { ApiError } from "../api/api-error.ts"

/** Methods that change nothing (RFC 9110, section 9.2.1). */
const SAFE = ["GET", "HEAD"]

/** Whether whoever asks came by TLS: to this server, or to the proxy in front of it. */
export function isSecure(incoming: IncomingMessage, isTls: boolean): boolean {
  // Each proxy on the way may have added its own behind the first, which the client used.
  const [forwarded] = String(incoming.headers["x-forwarded-proto"] ?? "").split(",")
  return isTls || forwarded?.trim() === "https"
}

/**
 * Whether a browser says that a page of this server asks. `none`: nobody's page, but a person, as by an address that was
 * typed. Over plain HTTP to another machine browsers leave `Sec-Fetch-Site` out, and name the page's origin of a change.
 */
function originOf({ headers }: IncomingMessage, isByTls: boolean): "own" | "foreign" | "none" | "unsaid" {
  const site = headers["sec-fetch-site"]
  if (site === "same-origin") return "own"
  // Also another program on this very host: cookies know no ports.
  if (site !== undefined) return site === "none" ? "none" : "foreign"
  if (headers.origin === undefined) return "unsaid"
  return headers.origin === ownOrigin(headers.host ?? "", isByTls) ? "own" : "foreign"
}

/**
 * Throws `FORBIDDEN` for a request with a session's cookie that a page of another origin may have made: a browser adds the
 * cookie whoever asks.
 */
export function requireOwnOrigin(incoming: IncomingMessage, isByTls: boolean): void {
  const origin = originOf(incoming, isByTls)
  if (SAFE.includes(incoming.method ?? "") ? origin !== "foreign" : origin === "own") return
  throw foreign("this comes from another origin, and is signed in by a cookie")
}

/** The same of signing in, which a program does as well: it names no origin at all. */
export function refuseForeignOrigin(incoming: IncomingMessage, isByTls: boolean): void {
  if (originOf(incoming, isByTls) !== "foreign") return
  throw foreign("this comes from another origin, which may not sign a browser in here")
}

/** As browsers write it, without the port that the scheme has by itself. */
function ownOrigin(host: string, isByTls: boolean): string | undefined {
  const url = `${isByTls ? "https" : "http"}://${host}`
  return URL.canParse(url) ? new URL(url).origin : undefined
}

function foreign(message: string): ApiError {
  return new ApiError("FORBIDDEN", message, {
    hint: "send it from a page of this server; a program sends a token as `Authorization: Bearer …`, and no cookie",
  })
}
