import type { OperationOptions } from "../content/interfaces.ts"
import { rawVersion, tagOfService, tagOfVersion } from "../fleet/version.ts"
import type { FleetContent } from "./context.ts"
import type { SuccessfulRelease } from "./find-release.ts"

/**
 * Points the tags of a recorded release at its content: the version at the release index, `<service>-<version>` at
 * each image. Tags are for people; doing it again mends what is missing.
 */
export async function tagRelease(
  content: FleetContent,
  release: SuccessfulRelease,
  options: OperationOptions = {},
): Promise<void> {
  const version = rawVersion(release)
  await content.tag(release.index, tagOfVersion(version), options)
  for (const { name, ...image } of release.services) {
    await content.tag(image, tagOfService(name, version), options)
  }
}
