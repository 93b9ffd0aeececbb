import { X509Certificate } from "node:crypto"
import { isIP } from "node:net"
import { isLoopback } from "../http/loopback.ts"
import type { Listen, Tls } from "./listen.ts"

const WILDCARDS = ["0.0.0.0", "::"]

interface Options {
  listen: Listen
  tls: Tls | undefined
  /** Names besides those that it has by itself. */
  hostNames: readonly string[]
  /** What this machine calls itself. */
  machine: string
}

/**
 * The names under which a server is asked. A page in a browser can have its own name point to this machine, and would
 * then read what it is served as its own (DNS rebinding): what `Host` says is the page's name then, and none of these.
 * An address there is safe, for a page's address cannot be made to point elsewhere.
 */
export class OwnNames {
  readonly #names: ReadonlySet<string>
  readonly #takesAddresses: boolean
  readonly #certificate: X509Certificate | undefined

  constructor({ listen, tls, hostNames, machine }: Options) {
    const host = unbracketed(listen.host)
    const isLocal = isLoopback(host.includes(":") ? `[${host}]` : host)
    this.#takesAddresses = WILDCARDS.includes(host)
    const own = isLocal || this.#takesAddresses ? ["localhost", "127.0.0.1", "::1"] : []
    const named = isLocal ? [] : [machine]
    this.#names = new Set([host, ...own, ...named, ...hostNames].map((name) => plain(unbracketed(name))))
    this.#certificate = tls && new X509Certificate(Buffer.from(tls.cert))
  }

  /** Whether a `Host` is one of them; its port does not matter. No browser leaves it out. */
  includes(header: string | undefined): boolean {
    if (header === undefined) return true
    const [, address, name = address ?? ""] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::[0-9]*)?$/.exec(header) ?? []
    const asked = plain(name)
    if (this.#names.has(asked)) return true
    if (isIP(asked) > 0) return this.#takesAddresses || this.#certificate?.checkIP(asked) !== undefined
    return asked !== "" && this.#certificate?.checkHost(asked) !== undefined
  }
}

function unbracketed(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1")
}

/** In one spelling: lower case, no dot at the end, IPv6 as URLs write it. */
function plain(name: string): string {
  if (isIP(name) !== 6 || name.includes("%")) return name.toLowerCase().replace(/\.$/, "")
  return unbracketed(new URL(`http://[${name}]`).hostname)
}
