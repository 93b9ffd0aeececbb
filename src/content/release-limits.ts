/**
 * What a release may hold, the same for all that read and write one: docs/bundle-format.md, Limits. They keep what is
 * held in memory of a release below 300 MB, and are several times what the largest releases have.
 */
export const RELEASE_LIMITS = {
  services: 1000,
  /** Image manifests and indexes, all different ones. */
  manifests: 4096,
  /** Of manifests and indexes together, in bytes. */
  manifestBytes: 32 * 1024 * 1024,
  /** Configurations and layers, all different ones. */
  blobs: 100_000,
  /** Indexes in each other, the release index among them. Image indexes that tools make are not nested at all. */
  nesting: 16,
} as const

export function tooManyServices(count: number): string {
  return `the release has ${count} services, and at most ${RELEASE_LIMITS.services} are allowed`
}

export const LIMIT_HINT =
  "no release may hold that much, lest reading one fill the memory: divide it into several fleets, each with its own releases"
