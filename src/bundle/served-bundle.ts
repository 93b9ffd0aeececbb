import type { RandomAccess } from "../content/random-access.ts"
import type { ServedRepository, TagPage } from "../content/registry-storage.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { Digest } from "../oci/digest.ts"
import { describeReferrer } from "../oci/manifest.ts"
import { isRepository, isTag } from "../oci/reference.ts"
import type { Bundle } from "./bundle.ts"
import { BundleContent } from "./bundle-content.ts"

/** The repository that has the whole release. */
const RELEASE_REPOSITORY = "release"

/** A repository of a bundle that is served: a name, and what it has under which tag. */
export interface BundleRepository extends ServedRepository {
  name: string
  /** `undefined` for the release itself. */
  service: string | undefined
  tag: string
  root: Descriptor
}

/**
 * The repositories of an open bundle, served straight from its file: one for each service, and one for the release.
 * A service whose name cannot be that of a repository, or is taken, gets one that can.
 */
export function bundleRepositories(bundle: Bundle): BundleRepository[] {
  const { release, manifest, services } = bundle.plan
  const version = manifest.semver.replaceAll("+", "_")
  // A version can be longer than a tag.
  const tag = isTag(version) ? version : RELEASE_REPOSITORY
  const content = new BundleContent(bundle.plan.graph)
  const taken = new Set([RELEASE_REPOSITORY])
  const repositories = services.map(({ service, image }) => {
    const name = repositoryName(service, taken)
    taken.add(name)
    return served(bundle, content, { name, service, tag, root: image })
  })
  return [
    ...repositories,
    served(bundle, content, { name: RELEASE_REPOSITORY, service: undefined, tag, root: release }),
  ]
}

function served(
  bundle: Bundle,
  content: BundleContent,
  repository: Pick<BundleRepository, "name" | "service" | "tag" | "root">,
): BundleRepository {
  const { root, tag } = repository
  return {
    ...repository,
    async findManifest(reference) {
      const digest = reference === tag ? root.digest : reference
      const found = content.manifests.get(digest)
      return found !== undefined && content.reaches(root.digest, digest) ? found : undefined
    },
    async findBlob(digest) {
      const found = content.blobs.get(digest)
      return found !== undefined && content.reaches(root.digest, digest) ? found : undefined
    },
    async open({ digest }): Promise<RandomAccess> {
      const place = bundle.placeOf(digest)
      if (place === undefined) throw new Error(`${digest} has no place in the bundle`)
      return {
        size: place.size,
        read: ({ offset, length }, options) => bundle.archive.read(place.offset + offset, length, options),
        [Symbol.asyncDispose]: async () => undefined,
      }
    },
    async listTags({ after, limit }: TagPage = {}) {
      return [tag].filter((name) => after === undefined || name > after).slice(0, limit)
    },
    async *listReferrers(subject, after = "") {
      for (const descriptor of content.referrers.get(subject) ?? []) {
        if (descriptor.digest <= after || !content.reaches(root.digest, descriptor.digest)) continue
        yield describeReferrer(descriptor, bundle.plan.graph.document(descriptor.digest).manifest)
      }
    },
    async reaches(from: Digest, digest: Digest) {
      return from === root.digest && content.reaches(root.digest, digest)
    },
  }
}

/** Lower case, and what cannot stand in a name as a dash. */
function repositoryName(service: string, taken: ReadonlySet<string>): string {
  const plain = service
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
  const name = isRepository(service) ? service : plain || "service"
  if (!taken.has(name)) return name
  for (let number = 2; ; number++) if (!taken.has(`${name}-${number}`)) return `${name}-${number}`
}
