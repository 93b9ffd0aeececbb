import { createHash } from "node:crypto"
import type { FileDigest, IntegrityAlgorithm } from "./integrity.ts"

/** Take bytes into the hashes, and finish them where nothing follows. */
export interface PassingRequest {
  bytes: Uint8Array<ArrayBuffer>
  isLast: boolean
}

/** Bytes that are hashed, to be used again; the digests behind the last of them. */
export interface PassingReply {
  bytes: Uint8Array<ArrayBuffer>
  digests?: FileDigest[] | undefined
}

/** Hashes bytes as they are given, by several algorithms. */
export class PassingHasher {
  readonly #hashes

  constructor(algorithms: readonly IntegrityAlgorithm[]) {
    this.#hashes = algorithms.map((algorithm) => ({ algorithm, hash: createHash(algorithm) }))
  }

  do({ bytes, isLast }: PassingRequest): PassingReply {
    for (const { hash } of this.#hashes) hash.update(bytes)
    if (!isLast) return { bytes }
    return {
      bytes,
      digests: this.#hashes.map(({ algorithm, hash }): FileDigest => `${algorithm}:${hash.digest("hex")}`),
    }
  }
}
