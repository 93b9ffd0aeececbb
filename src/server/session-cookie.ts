import type { IncomingMessage } from "node:http"
import { isSecretOf } from "../fleet/secret.ts"

const HIDDEN = "Path=/; HttpOnly; SameSite=Strict"

/**
 * Of a session. Under TLS its prefix has browsers take it from this very host by TLS alone (RFC 6265bis, section 4.1.3.2):
 * nobody who has a neighbouring name, or the network, puts another in its place.
 */
export function cookieName(isSecure: boolean): string {
  return isSecure ? "__Host-waybill" : "waybill"
}

/** The secret of a session in a request's cookies. Of two with the name, somebody else has set one: then there is none. */
export function readCookie(incoming: IncomingMessage, isSecure: boolean): string | undefined {
  const begin = `${cookieName(isSecure)}=`
  const values = (incoming.headers.cookie ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(begin))
    .map((pair) => pair.slice(begin.length))
  const [secret] = values
  return secret !== undefined && values.length === 1 && isSecretOf("session", secret) ? secret : undefined
}

/** A `Set-Cookie` that keeps a session until it ends. */
export function printCookie(secret: string, seconds: number, isSecure: boolean): string {
  return `${cookieName(isSecure)}=${secret}; Max-Age=${seconds}; ${HIDDEN}${isSecure ? "; Secure" : ""}`
}

/** A `Set-Cookie` that takes it away. */
export function printNoCookie(isSecure: boolean): string {
  return printCookie("", 0, isSecure)
}
