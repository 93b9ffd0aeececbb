/**
 * What the conformance program of the distribution specification is told, as its environment. Every switch of it
 * stands here, so that none depends on what the program does by default.
 */

/** Where the program finds the registry. */
export interface Access {
  /** `127.0.0.1:PORT`. */
  host: string
  username?: string
  password?: string
}

/** What a read-only registry already holds, in one repository. */
export interface ReadOnlyContent {
  repository: string
  tags: readonly string[]
  /** Digests. */
  manifests: readonly string[]
  /** Digests. */
  blobs: readonly string[]
}

/** Of the specification and of what is to become of it (`1.1+dev`), where deleting is done when it is answered. */
const APIS = {
  PING: true,
  PULL: true,
  PUSH: true,
  BLOBS_ATOMIC: true,
  BLOBS_DELETE: true,
  BLOBS_DIGEST_HEADER: true,
  BLOBS_MOUNT_ANONYMOUS: true,
  BLOBS_UPLOAD_CANCEL: true,
  MANIFESTS_ATOMIC: true,
  MANIFESTS_DELETE: true,
  MANIFESTS_DIGEST_HEADER: true,
  MANIFESTS_TAG_PARAM: true,
  TAGS_ATOMIC: true,
  TAGS_DELETE: true,
  TAGS_LIST: true,
  REFERRER: true,
}

const DATA = {
  IMAGE: true,
  INDEX: true,
  INDEX_LIST: true,
  // The specification lets a registry refuse a manifest whose content is missing, and Waybill does.
  SPARSE: false,
  ARTIFACT: true,
  SUBJECT: true,
  SUBJECT_MISSING: true,
  ARTIFACT_LIST: true,
  SUBJECT_LIST: true,
  DATA_FIELD: true,
  NONDISTRIBUTABLE: true,
  CUSTOM_FIELDS: true,
  NO_LAYERS: true,
  EMPTY_BLOB: true,
  SHA512: true,
}

const WRITING = [
  "PUSH",
  "BLOBS_DELETE",
  "BLOBS_ATOMIC",
  "BLOBS_MOUNT_ANONYMOUS",
  "BLOBS_UPLOAD_CANCEL",
  "MANIFESTS_DELETE",
  "MANIFESTS_ATOMIC",
  "MANIFESTS_TAG_PARAM",
  "TAGS_DELETE",
  "TAGS_ATOMIC",
]

/** Everything on, against the repositories `conformance/repo1` and `conformance/repo2`. */
export function readingAndWriting(access: Access): Record<string, string> {
  return {
    ...registry(access),
    OCI_REPO1: "conformance/repo1",
    OCI_REPO2: "conformance/repo2",
    ...switches("OCI_API_", APIS),
    ...switches("OCI_DATA_", DATA),
  }
}

/**
 * Everything on that only reads. But the program looks at the digest header of manifests in the answer to what it
 * pushed alone, and of others says that there is none (api.go, ManifestHeadExists and ManifestGetExists): that header
 * is looked at in `test/interop/served-bundle.test.ts`.
 */
export function readingOnly(access: Access, content: ReadOnlyContent): Record<string, string> {
  const off = Object.fromEntries(WRITING.map((name) => [name, false]))
  return {
    ...registry(access),
    OCI_REPO1: content.repository,
    OCI_REPO2: content.repository,
    ...switches("OCI_API_", { ...APIS, ...off, MANIFESTS_DIGEST_HEADER: false }),
    ...switches("OCI_DATA_", DATA),
    OCI_RO_DATA_TAGS: content.tags.join(" "),
    OCI_RO_DATA_MANIFESTS: content.manifests.join(" "),
    OCI_RO_DATA_BLOBS: content.blobs.join(" "),
    OCI_RO_DATA_REFERRERS: content.manifests.join(" "),
  }
}

function registry({ host, username, password }: Access): Record<string, string> {
  return {
    // The program reads a file of this name in its working folder unless it is told of another.
    OCI_CONFIGURATION: "/dev/null",
    OCI_VERSION: "dev",
    OCI_LOG: "error",
    OCI_TLS: "disabled",
    OCI_CACHE_AUTH: "true",
    OCI_REGISTRY: host,
    ...(username !== undefined && { OCI_USERNAME: username }),
    ...(password !== undefined && { OCI_PASSWORD: password }),
  }
}

function switches(prefix: string, values: Record<string, boolean>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`${prefix}${name}`, String(value)]),
  )
}
