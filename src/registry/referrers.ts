import { z } from "zod"
import { type Descriptor, descriptorSchema } from "../oci/descriptor.ts"
import { digestAlgorithm, digestHex } from "../oci/digest.ts"
import { parseJson } from "../oci/json.ts"
import { MediaType } from "../oci/media-types.ts"
import { getManifest } from "./manifests.ts"
import { readPages } from "./pages.ts"
import type { RepositoryCalls } from "./repository-calls.ts"

const referrersSchema = z.object({ manifests: z.array(descriptorSchema) })

/**
 * Lists the manifests whose `subject` is the given one (distribution-spec 1.1, Listing referrers), from the referrers
 * tag where the registry does not know the API.
 */
export async function listReferrers(
  repository: RepositoryCalls,
  subject: Descriptor,
  artifactType: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Descriptor[]> {
  const what = `the referrers of ${repository.title}@${subject.digest}`
  const query = artifactType === undefined ? "" : `?artifactType=${encodeURIComponent(artifactType)}`
  let answered = false
  const found: Descriptor[] = []
  for await (const page of readPages(
    repository,
    `referrers/${subject.digest}${query}`,
    MediaType.ociIndex,
    signal,
  )) {
    answered = true
    found.push(...parseJson(page, what, referrersSchema).manifests)
  }
  if (!answered) {
    const fallback = await getManifest(repository, referrersTag(subject), signal)
    if (fallback !== undefined) found.push(...parseJson(fallback.bytes, what, referrersSchema).manifests)
  }
  // Registries may leave the filter to us.
  return artifactType === undefined ? found : found.filter((one) => one.artifactType === artifactType)
}

/** distribution-spec 1.1, Referrers Tag Schema: 64 characters of the digest at most. */
function referrersTag({ digest }: Descriptor): string {
  return `${digestAlgorithm(digest)}-${digestHex(digest).slice(0, 64)}`
}
