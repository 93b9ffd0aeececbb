import { isIPv4 } from "node:net"

/** Whether a URL's host name is this machine: `localhost`, 127.0.0.0/8 or `[::1]`. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.toLowerCase()
  return host === "localhost" || host === "[::1]" || (isIPv4(host) && host.startsWith("127."))
}
