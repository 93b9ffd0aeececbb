import { connect, type TLSSocket } from "node:tls"
import { isLoopback } from "../http/loopback.ts"
import { NetworkError } from "../http/network-error.ts"
import { networkFailure, showsPlainHttp } from "../http/network-failure.ts"
import { RegistryError } from "./registry-error.ts"

/** Docker Hub's registry answers under another name than its references have. */
const NETWORK_HOSTS: Readonly<Record<string, string>> = { "docker.io": "registry-1.docker.io" }

/**
 * The URL under which a registry is reached, without a path. HTTPS; plain HTTP if that is demanded, or if the host is
 * a loopback address and what listens there evidently does not speak TLS.
 */
export async function findEndpoint(
  registry: string,
  plainHttp: boolean,
  timeout: number,
  signal: AbortSignal,
): Promise<URL> {
  const host = NETWORK_HOSTS[registry] ?? registry
  if (!URL.canParse(`https://${host}`)) {
    throw new RegistryError("REGISTRY_UNREACHABLE", `"${registry}" is not the name of a registry`)
  }
  if (plainHttp) return new URL(`http://${host}`)
  const url = new URL(`https://${host}`)
  if (!isLoopback(url.hostname) || (await speaksTls(url, timeout, signal))) return url
  return new URL(`http://${host}`)
}

/** Begins a TLS handshake. Any failure but one that shows another protocol is left to the first request to report. */
async function speaksTls(url: URL, timeout: number, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  const socket: TLSSocket = connect({
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.port || 443),
    // Nothing is sent over this connection; the real ones check the certificate.
    rejectUnauthorized: false,
    timeout,
  })
  const stop = () => socket.destroy(signal.reason)
  signal.addEventListener("abort", stop, { once: true })
  socket.once("secureConnect", () => resolve(true))
  socket.once("timeout", () => resolve(true))
  socket.once("error", (error) => {
    if (signal.aborted) return reject(signal.reason)
    if (showsPlainHttp(error)) return resolve(false)
    const failure = networkFailure(error, "GET", url)
    if (failure instanceof NetworkError && failure.code !== "UNREACHABLE") return resolve(true)
    reject(failure)
  })
  try {
    return await promise
  } finally {
    signal.removeEventListener("abort", stop)
    socket.destroy()
  }
}
