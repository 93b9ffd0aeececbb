import { errors } from "undici"
import { reasonOf } from "../errors/reason.ts"
import { WaybillError } from "../errors/waybill-error.ts"
import type { HttpErrorDetails } from "./http-error.ts"
import { printUrl } from "./location.ts"
import { NetworkError } from "./network-error.ts"

const NOT_CONNECTED: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "the host name is unknown",
  EAI_AGAIN: "the host name cannot be looked up",
  EHOSTUNREACH: "there is no route to it",
  ENETUNREACH: "the network cannot be reached",
  EHOSTDOWN: "the host is down",
  UND_ERR_CONNECT_TIMEOUT: "no connection within the time limit",
  UND_ERR_PRX_CONN: "the proxy refuses",
  UND_ERR_PRX_TLS: "no TLS connection to the proxy",
}

const BROKEN: Readonly<Record<string, string>> = {
  ECONNRESET: "the connection was reset",
  ECONNABORTED: "the connection was broken off",
  EPIPE: "the connection was closed",
  ETIMEDOUT: "the connection timed out",
  UND_ERR_SOCKET: "the connection was closed",
  UND_ERR_HEADERS_TIMEOUT: "no answer within the time limit",
  UND_ERR_BODY_TIMEOUT: "the transfer stalled",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "the answer ended early",
  UND_ERR_INFO: "the connection was reset",
}

const UNTRUSTED = new Set([
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
])

/** What OpenSSL says when the peer's first bytes are no TLS. */
const NOT_TLS = new Set(["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG"])

/** Whether a failed handshake shows that the peer does not speak TLS. */
export function showsPlainHttp(error: unknown): boolean {
  return NOT_TLS.has(codeOf(error))
}

/**
 * Turns what undici or the system threw at a request into a `NetworkError` that names the host and what to check.
 * Anything else, an abort for one, comes back as it is.
 */
export function networkFailure(error: unknown, method: string, url: URL): unknown {
  if (error instanceof WaybillError) return error
  const code = codeOf(error)
  const details: HttpErrorDetails = { cause: error, method, url: printUrl(url) }
  const host = url.host
  const refusal = NOT_CONNECTED[code] ?? reasonNotConnected(error)
  if (refusal !== undefined) {
    return new NetworkError("UNREACHABLE", `cannot connect to ${host}: ${refusal}`, {
      ...details,
      transient: true,
      unsent: true,
      hint: "check the server's name and port, that it is running, and the network and proxy settings",
    })
  }
  if (NOT_TLS.has(code)) {
    return new NetworkError("PLAIN_HTTP", `${host} speaks plain HTTP, not HTTPS`, {
      ...details,
      hint: "if the network between is trusted, allow it with --plain-http",
    })
  }
  if (UNTRUSTED.has(code)) {
    return new NetworkError("TLS_FAILED", `the certificate of ${host} is signed by an unknown authority`, {
      ...details,
      hint: "name the authority's certificate with --ca-file",
    })
  }
  // A reset in the middle of a handshake has a plain system code, so these are certificates and TLS alerts alone.
  if (/^(ERR_TLS_|ERR_SSL_|CERT_|EPROTO$)/.test(code)) {
    return new NetworkError("TLS_FAILED", `no TLS connection to ${host}: ${tlsReason(code)}`, {
      ...details,
      hint: tlsHint(code),
    })
  }
  if (code in BROKEN) {
    return new NetworkError("CONNECTION_LOST", `${method} ${printUrl(url)}: ${BROKEN[code]}`, {
      ...details,
      transient: true,
      hint: "check the network and the server, then run the same command again",
    })
  }
  if (error instanceof errors.HTTPParserError || code === "UND_ERR_HEADERS_OVERFLOW") {
    return new NetworkError("INVALID_RESPONSE", `${host} does not answer in HTTP`, details)
  }
  return error
}

/** The most telling code in an error, its causes, and what it aggregates (one attempt per address of a host). */
function codeOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 4) return ""
  if ("code" in error && typeof error.code === "string") return error.code
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause
  return codeOf(inner, depth + 1)
}

/** Why the system made no connection, where it says so in another way than it mostly does: a firewall, or no free port. */
function reasonNotConnected(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error) || depth > 4) return undefined
  if ("syscall" in error) return error.syscall === "connect" ? reasonOf(error) : undefined
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause
  return reasonNotConnected(inner, depth + 1)
}

/** What OpenSSL and Node say of a handshake that failed, in words. */
function tlsReason(code: string): string {
  if (code === "CERT_HAS_EXPIRED") return "its certificate has expired"
  if (code === "CERT_NOT_YET_VALID") return "its certificate is not valid yet"
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return "its certificate is for another name"
  if (/CERTIFICATE_REQUIRED/.test(code)) return "it asks for a client certificate"
  if (/BAD_CERTIFICATE|UNKNOWN_CA/.test(code)) return "it does not take the client certificate"
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(code)) return "both know no version of TLS in common"
  return "the handshake failed"
}

function tlsHint(code: string): string {
  if (code === "CERT_HAS_EXPIRED")
    return "the server's certificate has expired: renew it, or check this clock"
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return "its certificate is for another name: use that name"
  if (/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE/.test(code)) {
    return "the server may ask for a client certificate: name one with --cert-file and --key-file"
  }
  return "check that the port is the right one and that the server's TLS is set up"
}
