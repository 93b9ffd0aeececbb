import { ContentError } from "../content/content-error.ts"
import type { ContentBody } from "../content/interfaces.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { RegistryError } from "./registry-error.ts"
import type { RepositoryCalls } from "./repository-calls.ts"
import { UploadBody } from "./upload-body.ts"
import type { UploadLimit } from "./upload-limit.ts"
import { UploadSession } from "./upload-session.ts"

/** Statuses of registries that take no body with the last request, or none of that form. */
const WHOLE_REFUSED = [405, 411, 415, 501]
/** Statuses that say that a session is gone. */
const SESSION_GONE = [404, 410]
/** Statuses that say that a session is not where we think it is. */
const SESSION_ELSEWHERE = [409, 416]

export interface BlobUploadOptions {
  repository: RepositoryCalls
  descriptor: Descriptor
  body: ContentBody
  /** A session that a mount has opened. */
  session: UploadSession | undefined
  /** Whether the registry has the blob. */
  exists: () => Promise<boolean>
  signal: AbortSignal | undefined
}

/**
 * Sends one blob: whole in one request, in chunks where the registry wants it so. When it breaks off, the registry is
 * asked how far it came, and the rest is sent; where it does not know, all of it is sent again.
 */
export class BlobUpload {
  readonly #options: BlobUploadOptions
  readonly #body: UploadBody
  readonly #limit: UploadLimit
  #session: UploadSession | undefined
  /** Bytes that the registry has confirmed. */
  #stored = 0
  /** Length of the part that is on its way. */
  #sending = 0
  /** Whether that part is the whole. */
  #whole = false
  /** Whether the session is one that broke and is gone on with. */
  #resumed = false
  /** Where a token was last refused, in bytes. */
  #unauthorizedAt: number | undefined

  constructor(options: BlobUploadOptions) {
    this.#options = options
    this.#body = new UploadBody(options.descriptor, options.body, options.signal)
    this.#limit = options.repository.host.uploadLimit
    this.#session = options.session
  }

  async run(): Promise<void> {
    const { signal, repository } = this.#options
    const { leastRate } = repository.host.options.transport
    try {
      for (let failures = 0, best = 0; ; ) {
        const session = this.#session ?? (await UploadSession.open(repository, signal))
        this.#session = session
        try {
          return await this.#send(session)
        } catch (error) {
          signal?.throwIfAborted()
          const failure = this.#judge(error)
          if (this.#adapt(failure, session)) {
            if (this.#stored === 0) await this.#abandon(session)
            continue
          }
          failures = leastRate.isProgress(this.#stored - best, failure) ? 1 : failures + 1
          best = Math.max(best, this.#stored)
          await repository.retry.next(failure, failures, signal)
          if (await this.#recover(failure, session)) return
        }
      }
    } catch (error) {
      if (!isConnectionLost(error)) await this.#session?.cancel()
      throw this.#explain(error)
    } finally {
      await this.#body.close()
    }
  }

  async #send(session: UploadSession): Promise<void> {
    const { descriptor, signal } = this.#options
    this.#whole = this.#stored === 0 && descriptor.size > 0 && this.#limit.whole
    if (this.#whole) {
      return session.finish(descriptor, this.#part(descriptor.size), signal)
    }
    while (this.#stored < descriptor.size) {
      const part = this.#part(this.#limit.next(descriptor.size - this.#stored, session.minimum))
      await session.append(part, signal)
      this.#stored += part.length
    }
    await session.finish(descriptor, undefined, signal)
  }

  #part(length: number) {
    const offset = this.#stored
    this.#sending = length
    return { offset, length, bytes: this.#body.part(offset, length) }
  }

  /** Gives back a failure that another try may mend, and throws any other. */
  #judge(error: unknown): RegistryError {
    if (this.#body.failure !== undefined) throw this.#body.failure
    if (!(error instanceof RegistryError)) throw error
    const { status = 0, code } = error
    if (error.transient || status === 413 || WHOLE_REFUSED.includes(status)) return error
    if (SESSION_ELSEWHERE.includes(status) || (this.#resumed && status === 400)) return error
    if (SESSION_GONE.includes(status) && code !== "NAME_UNKNOWN") return error
    // A token may end while a blob is on its way; the next request gets a new one, or fails for good.
    if (status !== 401 || this.#unauthorizedAt === this.#stored) throw error
    this.#unauthorizedAt = this.#stored
    return error
  }

  /** Learns from a refusal how to send instead; `false` if it is a failure like any other. */
  #adapt(failure: RegistryError, session: UploadSession): boolean {
    const { status = 0 } = failure
    if (status === 413) {
      if (this.#limit.refuseLength(this.#sending, session.minimum)) return true
      throw failure
    }
    if (!WHOLE_REFUSED.includes(status)) return false
    // Not asked of the limit: another upload may have learnt the same in the meantime.
    if (!this.#whole) throw failure
    this.#limit.refuseWhole()
    return true
  }

  /** Finds out where to go on. `true` if there is nothing left to do. */
  async #recover(failure: RegistryError, session: UploadSession): Promise<boolean> {
    const { signal, descriptor, exists } = this.#options
    const gone = SESSION_GONE.includes(failure.status ?? 0) || failure.status === 400
    const stored = gone ? undefined : await session.stored(signal)
    if (stored !== undefined && stored <= Math.min(this.#stored + this.#sending, descriptor.size)) {
      this.#stored = Math.max(this.#stored, stored)
      this.#resumed = true
      return false
    }
    // The connection may have broken after the last byte, before the answer.
    if (await exists()) return true
    await this.#abandon(session)
    return false
  }

  async #abandon(session: UploadSession): Promise<void> {
    this.#session = undefined
    this.#stored = 0
    this.#resumed = false
    await session.cancel()
  }

  #explain(error: unknown): unknown {
    if (!(error instanceof ContentError) || error.code !== "CANNOT_REWIND") return error
    const { repository, descriptor } = this.#options
    return new ContentError(
      "CANNOT_REWIND",
      `${repository.title}: the upload of ${descriptor.digest} broke off and has to begin again: ${error.message}`,
      {
        cause: error,
        hint: "run the same command again: what was sent is kept; or save the bundle to a file first",
      },
    )
  }
}

function isConnectionLost(error: unknown): boolean {
  const codes = ["CONNECTION_LOST", "TRANSFER_TOO_SLOW", "REGISTRY_UNREACHABLE"]
  return error instanceof RegistryError && codes.includes(error.code)
}
