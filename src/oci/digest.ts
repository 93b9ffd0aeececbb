import { createHash, type Hash } from "node:crypto"
import { OciError } from "./oci-error.ts"

/** Length in hex digits of each algorithm that the image specification registers. */
const HEX_LENGTH = { sha256: 64, sha512: 128 } as const

export type DigestAlgorithm = keyof typeof HEX_LENGTH

/** A content digest, `algorithm:hex` in lower case (image-spec 1.1, descriptor.md, Digests). */
export type Digest = `${DigestAlgorithm}:${string}`

export function isDigest(text: string): text is Digest {
  const [algorithm = "", hex = "", ...rest] = text.split(":")
  if (rest.length > 0 || !Object.hasOwn(HEX_LENGTH, algorithm)) return false
  return hex.length === HEX_LENGTH[algorithm as DigestAlgorithm] && /^[0-9a-f]+$/.test(hex)
}

/** Parses a digest. Throws `INVALID_DIGEST` for anything but sha256 and sha512 in lower-case hex. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text
  throw new OciError("INVALID_DIGEST", `"${text.slice(0, 160)}" is not a digest`, {
    hint: "a digest is sha256: with 64 or sha512: with 128 hex digits in lower case",
  })
}

export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.startsWith("sha512:") ? "sha512" : "sha256"
}

/** The part of a digest after the colon. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(":") + 1)
}

/** The digest of bytes that are at hand. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = "sha256"): Digest {
  return finishDigest(algorithm, createHash(algorithm).update(bytes))
}

/** Ends a running hash as a digest. */
export function finishDigest(algorithm: DigestAlgorithm, hash: Hash): Digest {
  return `${algorithm}:${hash.digest("hex")}`
}
