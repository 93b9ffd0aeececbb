import type { WritableRepository } from "../../content/registry-storage.ts"
import type { OpenRepository } from "./registry-access.ts"
import { RegistryError } from "./registry-error.ts"

/** Throws `UNSUPPORTED` for a repository that is served read-only. */
export function writable({ target }: OpenRepository): WritableRepository {
  if (target !== undefined) return target
  throw new RegistryError("UNSUPPORTED", "this registry is read-only")
}
