import { NetworkError, type NetworkErrorCode } from "../http/network-error.ts"
import { RegistryError } from "./registry-error.ts"

const HINTS: { [Code in NetworkErrorCode]?: string } = {
  UNREACHABLE: "check the registry's name and port, that it is running, and the network and proxy settings",
  CONNECTION_LOST:
    "check the network and the registry, then run the same command again: what was sent is kept",
}

/** What failed between here and a registry, as a `RegistryError`. Anything else comes back as it is. */
export function registryFailure(error: unknown): unknown {
  if (!(error instanceof NetworkError)) return error
  const code = error.code === "UNREACHABLE" ? "REGISTRY_UNREACHABLE" : error.code
  return new RegistryError(code, error.message, {
    ...error,
    cause: error,
    hint: HINTS[error.code] ?? error.hint,
  })
}
