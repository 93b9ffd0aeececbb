import { ContentError } from "../content/content-error.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { Digest } from "../oci/digest.ts"
import type { Lease } from "./leases.ts"
import { requireContent } from "./require-content.ts"
import type { StoreFiles } from "./store-files.ts"

/**
 * Keeps what a release is made of in its repository until a lease ends, within which the release is recorded. Checks that
 * its index and images are there as they are described, with all that they need, that the index has the images, and that
 * there is room for a tag for each. Throws `CONTENT_MISSING` naming what is not, `CONTENT_IN_USE` while any of it is being
 * removed, `TAG_LIMIT`.
 */
export async function leaseRelease(
  store: StoreFiles,
  repository: string,
  { index, images }: { index: Descriptor; images: readonly Descriptor[] },
  options: OperationOptions = {},
): Promise<Lease> {
  const { catalog, leases, tags } = store
  const roots = [index, ...images]
  // One that is recorded again has its tags.
  if (roots.some(({ digest }) => !catalog.tags.isTagged(repository, digest)))
    tags.checkRoom(repository, roots.length)
  const digests = roots.map(({ digest }) => digest)
  const lease = await leases.keepForRecording(repository, digests, options)
  try {
    // Nothing that is found from now on can go.
    await requireContent(store, repository, roots, options)
    // What is pulled, kept and refused removal later is what the index needs.
    for (const { digest } of images) {
      if (!catalog.needs.reaches(index.digest, digest)) throw notInIndex(digest, index.digest)
    }
    return lease
  } catch (error) {
    await lease.end()
    throw error
  }
}

function notInIndex(image: Digest, index: Digest): ContentError {
  return new ContentError("CONTENT_MISSING", `the image ${image} is not in the release's index ${index}`, {
    hint: "push an index that lists the image of each service, and record the release with that",
  })
}
