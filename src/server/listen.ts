import { createServer as createHttpServer, type Server } from "node:http"
import { createServer as createHttpsServer } from "node:https"
import { reasonOf } from "../errors/reason.ts"
import { isLoopback } from "../http/loopback.ts"
import type { Limits } from "./limits.ts"
import { ServerError } from "./server-error.ts"

export interface Listen {
  host: string
  /** 0: any that is free. */
  port: number
}

/** Certificate, with its chain, and key: PEM. */
export interface Tls {
  cert: Uint8Array
  key: Uint8Array
}

/** How often Node looks for connections whose time is up, in milliseconds: its own 30 s would be thrice the limit. */
const LOOK = 1000

/** Opens the port. Throws a `ServerError` that names it. */
export async function listen(server: Server, { host, port }: Listen): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(explain(error, `${host}:${port}`)))
    server.listen(port, host, () => {
      server.removeAllListeners("error")
      resolve()
    })
  })
}

/** The address of a server that listens. */
export function urlOf(server: Server, { host }: Listen, tls: Tls | undefined): string {
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return `${tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`
}

/** Whether other machines reach the address without TLS. */
export function isInsecure({ host }: Listen, tls: Tls | undefined): boolean {
  return tls === undefined && !isLoopback(host.includes(":") ? `[${host}]` : host)
}

/** Secrets must not travel in the clear. Throws `INSECURE_ADDRESS`. */
export function refuseInsecure(listen: Listen, tls: Tls | undefined): void {
  if (!isInsecure(listen, tls)) return
  throw new ServerError(
    "INSECURE_ADDRESS",
    `${listen.host} is reached from other machines, and there is no certificate`,
    { hint: "give --tls-cert and --tls-key; or --plain-http, when something in front of it speaks TLS" },
  )
}

/** A server that answers nothing yet. Throws `INVALID_CERTIFICATE`. */
export function createServer(tls: Tls | undefined, { head, keepAlive }: Limits): Server {
  const times = {
    headersTimeout: head,
    connectionsCheckingInterval: Math.min(LOOK, head),
    // A body has its limits where it is read, since a blob may take hours.
    requestTimeout: 0,
    keepAliveTimeout: keepAlive,
  }
  try {
    if (tls === undefined) return createHttpServer(times)
    const [cert, key] = [Buffer.from(tls.cert), Buffer.from(tls.key)]
    return createHttpsServer({ ...times, handshakeTimeout: head, cert, key })
  } catch (cause) {
    throw new ServerError(
      "INVALID_CERTIFICATE",
      "certificate and key do not fit: one of them is no PEM, or they do not belong together",
      {
        hint: "both are PEM, and the key belongs to the first certificate of the file",
        cause,
      },
    )
  }
}

function explain(error: NodeJS.ErrnoException, address: string): Error {
  if (error.code === "EADDRINUSE") {
    return new ServerError("ADDRESS_IN_USE", `${address} is in use by another program`, {
      hint: "choose another port with --listen",
      cause: error,
    })
  }
  return new ServerError("ADDRESS_UNAVAILABLE", `cannot listen at ${address}: ${reasonOf(error)}`, {
    hint: "choose an address of this machine with --listen; ports below 1024 need a privilege",
    cause: error,
  })
}
