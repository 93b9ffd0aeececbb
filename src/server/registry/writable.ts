import type { WritableRepository } from "../../content/registry-storage.ts"
import type { OpenRepository } from "./registry-access.ts"
import { RegistryRefusal } from "./registry-refusal.ts"

/** Throws `UNSUPPORTED` for a repository that is served read-only. */
export function writable({ target }: OpenRepository): WritableRepository {
  if (target !== undefined) return target
  throw new RegistryRefusal("UNSUPPORTED", "this registry is read-only")
}
