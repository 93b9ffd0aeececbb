import { parseRegistryPrefix } from "../oci/reference.ts"
import type { RequestContext } from "./app.ts"

/** Where the images of fleets without a registry are: at the server itself, by the name that the client has for it. */
export function registryHost(c: RequestContext): string | undefined {
  const host = c.req.header("host") ?? ""
  try {
    parseRegistryPrefix(host)
    return host.includes("/") ? undefined : host
  } catch {
    return undefined
  }
}
