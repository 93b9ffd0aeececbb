import type { OperationOptions } from "../content/interfaces.ts"
import { describeError } from "../errors/describe.ts"
import { WaybillError } from "../errors/waybill-error.ts"
import { rawVersion, tagOfService, tagOfVersion } from "../fleet/version.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { FleetContent } from "./context.ts"
import type { SuccessfulRelease } from "./successful-release.ts"

/**
 * Points the tags of a recorded release at its content: the version at the release index, `<service>-<version>` at
 * each image. Tags are for people; doing it again mends what is missing.
 */
export async function tagRelease(
  content: FleetContent,
  release: SuccessfulRelease,
  options: OperationOptions = {},
): Promise<void> {
  const tags = tagsOfRelease(release)
  if (content.tagAll) return content.tagAll(tags, options)
  for (const [tag, descriptor] of tags) await content.tag(descriptor, tag, options)
}

/**
 * The same for a release that is recorded, which stands whatever comes of its tags: says in a sentence what did not work, and
 * what to do. Throws the signal's reason, and what is no error of the place that keeps them.
 */
export async function tagOrWarn(
  content: FleetContent,
  release: SuccessfulRelease,
  options: OperationOptions = {},
): Promise<string[]> {
  try {
    await tagRelease(content, release, options)
    return []
  } catch (error) {
    options.signal?.throwIfAborted()
    if (!(error instanceof WaybillError)) throw error
    const { message, hint } = describeError(error)
    return [`its tags could not be set: ${message}${hint === undefined ? "" : `; ${hint}`}`]
  }
}

/** What people find a release by. */
export function tagsOfRelease(release: SuccessfulRelease): Map<string, Descriptor> {
  const version = rawVersion(release)
  const tags = new Map<string, Descriptor>([[tagOfVersion(version), release.index]])
  for (const { name, ...image } of release.services) tags.set(tagOfService(name, version), image)
  return tags
}
