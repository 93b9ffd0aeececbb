import type { OpenContent, ServedRepository, TagPage } from "../content/registry-storage.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { Digest } from "../oci/digest.ts"
import { blobPath } from "../oci/image-layout.ts"
import { describeReferrer, type Manifest, successors } from "../oci/manifest.ts"
import { isManifestMediaType } from "../oci/media-types.ts"
import { isRepository, isTag } from "../oci/reference.ts"
import type { Bundle } from "./bundle.ts"

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
  const taken = new Set([RELEASE_REPOSITORY])
  const repositories = services.map(({ service, image }) => {
    const name = repositoryName(service, taken)
    taken.add(name)
    return served(bundle, { name, service, tag, root: image })
  })
  return [
    ...repositories,
    served(bundle, { name: RELEASE_REPOSITORY, service: undefined, tag, root: release }),
  ]
}

function served(
  bundle: Bundle,
  repository: Pick<BundleRepository, "name" | "service" | "tag" | "root">,
): BundleRepository {
  const { graph, files } = bundle.plan
  const { root, tag } = repository
  const places = new Map(files.map(({ name, offset, size }) => [name, { offset, size }]))
  const manifests = new Map<string, Descriptor>()
  const blobs = new Map<string, Descriptor>()
  const documents: { descriptor: Descriptor; manifest: Manifest }[] = []
  const visit = (descriptor: Descriptor) => {
    if (manifests.has(descriptor.digest)) return
    const { mediaType, digest, size } = descriptor
    manifests.set(digest, { mediaType, digest, size })
    const { manifest } = graph.document(digest)
    documents.push({ descriptor, manifest })
    for (const child of successors(manifest)) {
      if (isManifestMediaType(child.mediaType) && manifest.kind === "index") visit(child)
      else
        blobs.set(child.digest, {
          mediaType: "application/octet-stream",
          digest: child.digest,
          size: child.size,
        })
    }
  }
  visit(root)
  documents.sort((one, other) => (one.descriptor.digest < other.descriptor.digest ? -1 : 1))
  return {
    ...repository,
    async findManifest(reference) {
      return manifests.get(reference === tag ? root.digest : reference)
    },
    async findBlob(digest) {
      return blobs.get(digest)
    },
    async open({ digest }): Promise<OpenContent> {
      const place = places.get(blobPath(digest))
      if (place === undefined) throw new Error(`${digest} has no place in the bundle`)
      return { file: bundle.archive.handle, ...place, [Symbol.asyncDispose]: async () => undefined }
    },
    async listTags({ after, limit }: TagPage = {}) {
      return [tag].filter((name) => after === undefined || name > after).slice(0, limit)
    },
    async *listReferrers(subject, after = "") {
      for (const { descriptor, manifest } of documents) {
        if (manifest.subject?.digest === subject && descriptor.digest > after) {
          yield describeReferrer(descriptor, manifest)
        }
      }
    },
    async reaches(from: Digest, digest: Digest) {
      return from === root.digest && (manifests.has(digest) || blobs.has(digest))
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
