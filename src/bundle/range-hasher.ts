import { createHash, type Hash } from "node:crypto"
import { readSync } from "node:fs"
import type { Range } from "../content/random-access.ts"
import type { FileDigest, IntegrityAlgorithm } from "./integrity.ts"

/** Take a range of the file into the hash, and finish it where nothing follows. */
export interface HashRequest {
  id: number
  algorithm: IntegrityAlgorithm
  range?: Range
  isLast: boolean
}

/** A read that failed: at which byte, and what the system says. */
interface Failure {
  offset: number
  code: string
  message: string
}

/** How many bytes of the hash are done, or its digest, or why there is none. */
export type HashReply = { id: number } & (
  | { position: number }
  | { digest: FileDigest }
  | { failure: Failure }
)

interface Running {
  hash: Hash
  position: number
  failure?: Failure
}

/** Hashes ranges of one file as they are asked for. Reading blocks its thread, and needs one buffer. */
export class RangeHasher {
  readonly #fd: number
  readonly #reply: (reply: HashReply) => void
  readonly #buffer = Buffer.allocUnsafeSlow(1024 * 1024)
  readonly #hashes = new Map<number, Running>()

  constructor(fd: number, reply: (reply: HashReply) => void) {
    this.#fd = fd
    this.#reply = reply
  }

  do({ id, algorithm, range, isLast }: HashRequest): void {
    const running: Running = this.#hashes.get(id) ?? { hash: createHash(algorithm), position: 0 }
    if (range !== undefined && running.failure === undefined) this.#take(id, running, range)
    if (isLast) {
      this.#hashes.delete(id)
      const { failure, hash } = running
      this.#reply(failure ? { id, failure } : { id, digest: `${algorithm}:${hash.digest("hex")}` })
    } else this.#hashes.set(id, running)
  }

  #take(id: number, running: Running, { offset, length }: Range): void {
    for (let done = 0; done < length; ) {
      const wanted = Math.min(this.#buffer.length, length - done)
      let read: number
      try {
        read = readSync(this.#fd, this.#buffer, 0, wanted, offset + done)
      } catch (error) {
        const { code = "", message } = error as NodeJS.ErrnoException
        running.failure = { offset: offset + done, code, message }
        return
      }
      if (read === 0) break
      running.hash.update(this.#buffer.subarray(0, read))
      done += read
      running.position += read
      this.#reply({ id, position: running.position })
    }
  }
}
