import { discard, type HttpResponse, header } from "../http/message.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { RegistryError } from "./registry-error.ts"
import type { RepositoryCalls } from "./repository-calls.ts"

const OCTETS = { "content-type": "application/octet-stream" }
const actions = "pull,push"
/** In milliseconds. */
const CANCEL_TIME = 1000

/** What registries answer where a session cannot be gone on with. */
const UNUSABLE = [400, 403, 404, 405, 409, 410, 416, 500, 501]

/** A chunk or a whole blob on its way. */
export interface Part {
  offset: number
  length: number
  bytes: AsyncIterable<Uint8Array>
}

/** An upload that a registry has opened (distribution-spec 1.1, Pushing blobs). Each answer may move it. */
export class UploadSession {
  /** Bytes that a chunk has to have at least, unless it is the last. */
  readonly minimum: number
  readonly #repository: RepositoryCalls
  #location: URL

  /** Takes over the session that `response` (202) opened. */
  constructor(repository: RepositoryCalls, response: HttpResponse | { location: URL }) {
    this.#repository = repository
    if ("location" in response) {
      this.#location = response.location
      this.minimum = 0
      return
    }
    this.#location = locationOf(repository, response)
    const minimum = Number(header(response, "oci-chunk-min-length") ?? 0)
    this.minimum = Number.isSafeInteger(minimum) && minimum > 0 ? minimum : 0
  }

  static async open(repository: RepositoryCalls, signal?: AbortSignal): Promise<UploadSession> {
    const response = await repository.call({ method: "POST", path: "blobs/uploads/", actions, signal })
    await discard(response)
    return new UploadSession(repository, response)
  }

  /** Goes on with a session that stands at `location`, as `location` said of it. */
  static at(repository: RepositoryCalls, location: URL): UploadSession {
    return new UploadSession(repository, { location })
  }

  /** Where the registry takes what follows. It may hold secrets. */
  get location(): URL {
    return this.#location
  }

  /** Ends the session as a blob: with the whole as `part`, or with what `append` sent. */
  async finish(descriptor: Descriptor, part: Part | undefined, signal?: AbortSignal): Promise<void> {
    const path = new URL(this.#location)
    // The query that is there is kept to the letter: it may be signed.
    path.search = `${path.search}${path.search === "" ? "?" : "&"}digest=${descriptor.digest}`
    const headers = { ...OCTETS, "content-length": String(part?.length ?? 0) }
    const body = part?.bytes ?? new Uint8Array()
    const response = await this.#repository.call({ method: "PUT", path, actions, headers, body, signal })
    await discard(response)
    if (response.status !== 202) return
    throw new RegistryError(
      "INVALID_RESPONSE",
      `${this.#repository.title}: the registry does not end an upload`,
    )
  }

  /** Sends a chunk. A 202 says that it is stored, whatever `Range` says: Amazon's can stay at the first chunk. */
  async append({ offset, length, bytes }: Part, signal?: AbortSignal): Promise<void> {
    const range = `${offset}-${offset + length - 1}`
    const headers = { ...OCTETS, "content-length": String(length), "content-range": range }
    const path = this.#location
    const response = await this.#repository.call({
      method: "PATCH",
      path,
      actions,
      headers,
      body: bytes,
      signal,
    })
    await discard(response)
    this.#move(response)
  }

  /** How many bytes the registry has; `undefined` where it does not say or the session is gone. */
  async stored(signal?: AbortSignal): Promise<number | undefined> {
    const path = this.#location
    const response = await this.#repository.call({ method: "GET", path, actions, accept: UNUSABLE, signal })
    await discard(response)
    const last = /^(?:bytes=)?0-([0-9]+)$/.exec(header(response, "range") ?? "")?.[1]
    if (response.status >= 300 || last === undefined) return undefined
    this.#move(response)
    // Docker's registry says 0-0 of nothing as well as of one byte.
    return last === "0" ? 0 : Number(last) + 1
  }

  /**
   * Tells the registry to drop the session, even after an abort, but waits no longer than a moment: registries drop
   * forgotten ones by themselves, so a failure does not matter.
   */
  async cancel(): Promise<void> {
    const signal = AbortSignal.timeout(CANCEL_TIME)
    await this.#repository
      .call({ method: "DELETE", path: this.#location, actions, once: true, signal })
      .then(discard)
      .catch(() => undefined)
  }

  #move(response: HttpResponse): void {
    if (header(response, "location") !== undefined) this.#location = locationOf(this.#repository, response)
  }
}

function locationOf(repository: RepositoryCalls, response: HttpResponse): URL {
  const location = header(response, "location")
  if (location !== undefined) return repository.host.resolve(response.url, location)
  const message = `${repository.title}: the registry opens an upload without a location`
  throw new RegistryError("INVALID_RESPONSE", message, { status: response.status })
}
