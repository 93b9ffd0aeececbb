import { RefusedBundle } from "./refused-bundle.ts"

/** What names a blob of a bundle (image-spec 1.1, descriptor.md). */
export interface Descriptor {
  mediaType: string
  digest: string
  size: number
}

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/

/** Reads a descriptor out of a document. Throws `RefusedBundle`, which names the document. */
export function descriptorOf(value: unknown, document: string): Descriptor {
  const { mediaType, digest, size } = isRecord(value) ? value : {}
  if (typeof mediaType !== "string" || typeof digest !== "string" || typeof size !== "number") {
    throw new RefusedBundle("something else stands where a descriptor belongs", document)
  }
  if (!DIGEST.test(digest) || !Number.isSafeInteger(size) || size < 0) {
    throw new RefusedBundle("a digest or a size in it is none", document)
  }
  return { mediaType, digest, size }
}

/** Where a blob stands in a bundle. */
export function pathOf({ digest }: Pick<Descriptor, "digest">): string {
  return `blobs/${digest.replace(":", "/")}`
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

export function recordsOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined
}
