import { createServer as createHttpServer, type RequestListener, type Server } from "node:http"
import { createServer as createHttpsServer } from "node:https"
import { isLoopback } from "../registry/loopback.ts"
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

/**
 * How long a client may take, in milliseconds: slow ones must not hold connections for nothing. A body has its limits
 * where it is read, since a blob may take hours.
 */
const TIMES = { headersTimeout: 10_000, requestTimeout: 0, keepAliveTimeout: 65_000 } as const

/** Opens the port. Throws a `ServerError` that names it. */
export async function listen(
  answer: RequestListener,
  { host, port }: Listen,
  tls: Tls | undefined,
): Promise<Server> {
  const server = createServer(answer, tls)
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(explain(error, `${host}:${port}`)))
    server.listen(port, host, () => {
      server.removeAllListeners("error")
      resolve()
    })
  })
  return server
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

function createServer(answer: RequestListener, tls: Tls | undefined): Server {
  const options = { ...TIMES, ...(tls && { cert: Buffer.from(tls.cert), key: Buffer.from(tls.key) }) }
  try {
    return tls ? createHttpsServer(options, answer) : createHttpServer(options, answer)
  } catch (cause) {
    throw new ServerError(
      "INVALID_CERTIFICATE",
      `certificate and key do not fit: ${(cause as Error).message}`,
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
  return new ServerError("ADDRESS_UNAVAILABLE", `cannot listen at ${address}: ${error.message}`, {
    hint: "choose an address of this machine with --listen; ports below 1024 need a privilege",
    cause: error,
  })
}
