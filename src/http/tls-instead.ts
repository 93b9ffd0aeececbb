import { connect } from "node:tls"
import type { HttpErrorDetails } from "./http-error.ts"
import { NetworkError } from "./network-error.ts"

/** How long a handshake may take, in milliseconds: the request has failed already, and this only says why. */
const TIMEOUT = 3000

/** What servers that speak TLS do with a request in plain HTTP: break off, send an alert, or (Go, nginx) answer 400. */
const SIGNS: readonly string[] = ["CONNECTION_LOST", "INVALID_RESPONSE"]
const BAD_REQUEST = 400

/**
 * Whether a request in plain HTTP failed since its host speaks TLS at that port: then the error to throw instead.
 * `failure` is what was thrown, or the status of the answer.
 */
export async function tlsInstead(
  failure: unknown,
  url: URL,
  details: HttpErrorDetails,
): Promise<NetworkError | undefined> {
  if (url.protocol !== "http:") return undefined
  const isSign = failure instanceof NetworkError ? SIGNS.includes(failure.code) : failure === BAD_REQUEST
  if (!isSign || !(await speaksTls(url))) return undefined
  return new NetworkError("TLS_FAILED", `${url.host} speaks HTTPS, and was asked in plain HTTP`, details)
}

/** Nothing is sent over this connection, so its certificate does not matter. */
async function speaksTls({ hostname, port }: URL): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(port || 80),
    rejectUnauthorized: false,
    timeout: TIMEOUT,
  })
  socket.once("secureConnect", () => resolve(true))
  socket.once("timeout", () => resolve(false))
  // A server that asks for a client's certificate breaks off behind the handshake.
  socket.on("error", () => resolve(false))
  try {
    return await promise
  } finally {
    socket.destroy()
  }
}
