import { FleetError } from "../fleet/fleet-error.ts"
import type { Manifest } from "../oci/manifest.ts"
import { RELEASE_TYPE } from "../oci/release-type.ts"

/**
 * Refuses a release index, or a release artifact, where the image of a service is wanted: they lie in the same repository, and
 * an engine runs neither. `name` is what the message calls it. Throws `INVALID_RELEASE`.
 */
export function refuseRelease(manifest: Manifest, name: string): void {
  if (manifest.artifactType !== RELEASE_TYPE) return
  throw new FleetError("INVALID_RELEASE", `${name} is a release and no image: no engine runs it`, {
    hint: "name the image of one of its services, which is tagged SERVICE-VERSION, as in web-1.2.3",
  })
}
