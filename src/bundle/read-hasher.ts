import { createHash } from "node:crypto"
import type { ArchiveFile } from "../archive/archive-file.ts"
import type { Range } from "../content/random-access.ts"
import type { RangeHashOptions } from "./hash-pool.ts"
import type { IntegrityAlgorithm } from "./integrity.ts"

/**
 * Hashes ranges of an archive that no other thread can read for itself, as a `HashPool` does those of a file. One after
 * the other: many at once would each hold chunks, and none be done sooner.
 */
export class ReadHasher {
  readonly #archive: ArchiveFile
  #last: Promise<unknown> = Promise.resolve()

  constructor(archive: ArchiveFile) {
    this.#archive = archive
  }

  /** The digest of one range. Throws what `ArchiveFile.read` throws. */
  hash<Algorithm extends IntegrityAlgorithm>(
    algorithm: Algorithm,
    { offset, length }: Range,
    { onProgress, ...options }: RangeHashOptions & { entry?: string | undefined } = {},
  ): Promise<`${Algorithm}:${string}`> {
    const digest = this.#last.then(async (): Promise<`${Algorithm}:${string}`> => {
      const hash = createHash(algorithm)
      let position = 0
      for await (const chunk of this.#archive.read(offset, length, { ...options, reuseChunks: true })) {
        hash.update(chunk)
        position += chunk.length
        onProgress?.(position)
      }
      return `${algorithm}:${hash.digest("hex")}`
    })
    this.#last = digest.catch(() => undefined)
    return digest
  }

  /** Waits until what was asked for has ended. */
  async close(): Promise<void> {
    await this.#last
  }
}
