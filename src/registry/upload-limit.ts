const MEBIBYTE = 1024 * 1024
const FIRST_CHUNK = 16 * MEBIBYTE
const SMALLEST_CHUNK = 64 * 1024

/**
 * What is known of how large a request a registry takes. No size fits all of them, so it starts with whole blobs,
 * and learns from each refusal.
 */
export class UploadLimit {
  #chunk: number | undefined

  /** Bytes to send at once of `left` that remain, where the upload session takes no chunk under `minimum` but the last. */
  next(left: number, minimum: number): number {
    return this.#chunk === undefined ? left : Math.min(left, Math.max(this.#chunk, minimum))
  }

  /** Whether blobs are sent whole, in one request. */
  get whole(): boolean {
    return this.#chunk === undefined
  }

  /** Takes note that whole blobs are refused whatever their size. */
  refuseWhole(): void {
    this.#chunk ??= FIRST_CHUNK
  }

  /** Takes note that `length` bytes are too many; `false` if nothing smaller can be sent. */
  refuseLength(length: number, minimum: number): boolean {
    const smaller = Math.max(Math.min(FIRST_CHUNK, Math.floor(length / 2)), minimum)
    if (smaller >= length || smaller < SMALLEST_CHUNK) return false
    this.#chunk = Math.min(this.#chunk ?? FIRST_CHUNK, smaller)
    return true
  }
}
