import { ContentError } from "../content/content-error.ts"
import type { FetchOptions } from "../content/interfaces.ts"
import { verified } from "../content/verifying-reader.ts"
import { quoteUnlessPlain } from "../errors/quote.ts"
import type { TransferWatch } from "../http/least-rate.ts"
import { breakOff, discard, type HttpResponse, header } from "../http/message.ts"
import { networkFailure } from "../http/network-failure.ts"
import { watchDocument } from "../http/response-body.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { ACCEPTED_MANIFESTS, isForeignLayer, isManifestMediaType } from "../oci/media-types.ts"
import { RegistryError } from "./registry-error.ts"
import { registryFailure } from "./registry-failure.ts"
import type { RepositoryCalls } from "./repository-calls.ts"

/** Reads content: the whole verified, a part as the registry has it. */
export function download(
  repository: RepositoryCalls,
  descriptor: Descriptor,
  options: FetchOptions,
): AsyncIterable<Uint8Array> {
  const { range, signal } = options
  if (range === undefined) {
    return verified(
      descriptor,
      new Download(repository, descriptor, 0, undefined, signal).read(),
      repository.title,
      { unhashed: options.unhashed },
    )
  }
  const end = Math.min(descriptor.size, range.offset + (range.length ?? descriptor.size))
  return new Download(repository, descriptor, range.offset, end, signal).read()
}

/** One reading of content, which goes on from the byte it reached when its connection breaks. */
class Download {
  readonly #repository: RepositoryCalls
  readonly #descriptor: Descriptor
  readonly #signal: AbortSignal | undefined
  /** Where a part ends. The whole has no end here: what follows its last byte is for the verification to see. */
  readonly #end: number | undefined
  #position: number

  constructor(
    repository: RepositoryCalls,
    descriptor: Descriptor,
    offset: number,
    end: number | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#repository = repository
    this.#descriptor = descriptor
    this.#position = offset
    this.#end = end
    this.#signal = signal
  }

  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    const end = this.#end ?? this.#descriptor.size
    if (this.#end !== undefined && this.#position >= end) return
    for (let failures = 0; ; ) {
      const reached = this.#position
      const response = await this.#request()
      try {
        for await (const chunk of this.#body(response)) {
          this.#position += chunk.length
          yield chunk
        }
        if (this.#position >= end) return
        throw this.#lost(response, "the answer ended early")
      } catch (error) {
        this.#signal?.throwIfAborted()
        const failure = registryFailure(networkFailure(error, "GET", response.url))
        if (!(failure instanceof RegistryError) || !failure.transient) throw failure
        const { leastRate } = this.#repository.host.options.transport
        failures = leastRate.isProgress(this.#position - reached, failure) ? 1 : failures + 1
        await this.#repository.retry.next(failure, failures, this.#signal)
      }
    }
  }

  /** Asks for what is missing. */
  async #request(): Promise<HttpResponse> {
    const { digest, mediaType } = this.#descriptor
    const kind = isManifestMediaType(mediaType) ? "manifests" : "blobs"
    const accept = kind === "manifests" ? [...new Set([mediaType, ...ACCEPTED_MANIFESTS])].join(", ") : "*/*"
    const last = this.#end === undefined ? "" : String(this.#end - 1)
    const partial = this.#position > 0 || this.#end !== undefined
    const response = await this.#repository.call({
      method: "GET",
      path: `${kind}/${digest}`,
      actions: "pull",
      headers: {
        accept,
        // Content that a proxy compresses on the way has neither the size nor the ranges that are asked for.
        "accept-encoding": "identity",
        ...(partial ? { range: `bytes=${this.#position}-${last}` } : {}),
      },
      accept: [404],
      signal: this.#signal,
    })
    if (response.status !== 404) return response
    await discard(response)
    throw this.#missing()
  }

  /** The bytes of an answer from the position on. */
  async *#body(response: HttpResponse): AsyncGenerator<Uint8Array, void, undefined> {
    let skip = await this.#bytesBefore(response)
    let left = this.#end === undefined ? Number.POSITIVE_INFINITY : this.#end - this.#position
    const watch = this.#watch(response)
    try {
      watch.wait()
      for await (const part of response.body as AsyncIterable<Uint8Array>) {
        watch.stop()
        watch.moved(part.length)
        const chunk = part.subarray(skip, Math.min(part.length, skip + left))
        skip -= Math.min(skip, part.length)
        left -= chunk.length
        if (chunk.length > 0) yield chunk
        if (left === 0) return
        watch.wait()
      }
    } finally {
      watch.end()
    }
  }

  /** Content may take its time, as long as it moves; a manifest is small. */
  #watch(response: HttpResponse): TransferWatch {
    if (isManifestMediaType(this.#descriptor.mediaType)) return watchDocument(response)
    const { leastRate } = this.#repository.host.options.transport
    return leastRate.watch("GET", response.url, (error) => response.body.destroy(error))
  }

  /** How many bytes of an answer come before the position. A server may answer a range with the whole (RFC 9110, 14.2). */
  async #bytesBefore(response: HttpResponse): Promise<number> {
    const { size, digest } = this.#descriptor
    const stated = statedSize(response)
    if (stated !== undefined && stated !== size) {
      breakOff(response)
      throw new ContentError(
        "SIZE_MISMATCH",
        `${this.#repository.title}: the registry has ${stated} bytes as ${digest}, its descriptor says ${size}`,
      )
    }
    if (response.status === 200) return this.#position
    const start = /^bytes ([0-9]+)-/.exec(header(response, "content-range") ?? "")?.[1]
    if (response.status === 206 && Number(start) === this.#position) return 0
    breakOff(response)
    throw new RegistryError(
      "INVALID_RESPONSE",
      `${this.#repository.title}: asked for ${digest} from byte ${this.#position}, the registry gives another part`,
      { status: response.status },
    )
  }

  #missing(): ContentError {
    const { digest, mediaType } = this.#descriptor
    if (isForeignLayer(mediaType)) {
      return new ContentError(
        "CONTENT_NOT_FOUND",
        `${this.#repository.title} does not hold ${digest}: it is a foreign layer, which its publisher keeps elsewhere`,
        { hint: "push the image again with its foreign layers included, or use a base image without them" },
      )
    }
    return new ContentError(
      "CONTENT_NOT_FOUND",
      `${this.#repository.title} does not hold ${digest} (${quoteUnlessPlain(mediaType)})`,
    )
  }

  #lost(response: HttpResponse, reason: string): RegistryError {
    const { digest, size } = this.#descriptor
    return new RegistryError(
      "CONNECTION_LOST",
      `${this.#repository.title}: ${digest}: ${reason}, at byte ${this.#position} of ${size}`,
      {
        transient: true,
        status: response.status,
        hint: "check the network, then run the same command again",
      },
    )
  }
}

/** The size of the whole, as an answer states it; `undefined` where it does not. */
function statedSize(response: HttpResponse): number | undefined {
  const text =
    response.status === 206
      ? /\/([0-9]+)$/.exec(header(response, "content-range") ?? "")?.[1]
      : header(response, "content-length")
  return text === undefined ? undefined : Number(text)
}
