import { once } from "node:events"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { RandomAccess } from "../../content/random-access.ts"
import type { ContentElsewhere } from "../../content/registry-storage.ts"
import type { Descriptor } from "../../oci/descriptor.ts"
import type { BodyBudget, HeldBody } from "./body-budget.ts"
import { watchIdle } from "./idle-watch.ts"
import { readBody } from "./read-body.ts"
import { RegistryRefusal } from "./registry-refusal.ts"
import type { BufferBudget, SendBuffers } from "./send-buffers.ts"

/** What the requests of a registry have in common. */
export interface Terms {
  /** How long a client may send or take nothing, in milliseconds. */
  idleTimeout: number
  /** Until a body that is held whole is there, in milliseconds. */
  bodyTimeout: number
  bodies: BodyBudget
  buffers: BufferBudget
}

/** Bytes to be sent, and what is said of them. */
export interface SentBytes {
  /** A strong entity tag (RFC 9110, section 8.8.3). */
  etag: string
  /** In bytes. */
  size: number
  headers: Record<string, string>
  /** What is thrown for a range that begins behind so many bytes. */
  unsatisfiable: (size: number) => Error
}

/** A request and its answer. Disposed of when that is sent. */
export class Exchange implements Disposable {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly #terms: Terms
  readonly #body: HeldBody

  constructor(incoming: IncomingMessage, outgoing: ServerResponse, terms: Terms) {
    const [path = "", ...query] = (incoming.url ?? "").split("?")
    this.incoming = incoming
    this.outgoing = outgoing
    this.method = incoming.method ?? ""
    this.path = path
    this.query = new URLSearchParams(query.join("?"))
    this.#terms = terms
    this.#body = terms.bodies.begin()
  }

  [Symbol.dispose](): void {
    this.#body[Symbol.dispose]()
  }

  header(name: string): string | undefined {
    const value = this.incoming.headers[name]
    return Array.isArray(value) ? value.join(", ") : value
  }

  /** Of a header that lists some, as `If-Match`. */
  entityTags(name: "if-match" | "if-none-match"): string[] | undefined {
    return this.header(name)
      ?.split(",")
      .map((tag) => tag.trim())
  }

  /** Answers without a body. */
  answer(status: number, headers: Record<string, string> = {}): void {
    const length = status === 204 || status === 304 ? {} : { "content-length": "0" }
    this.outgoing.writeHead(status, { ...length, ...headers }).end()
  }

  answerJson(value: unknown, headers: Record<string, string> = {}): void {
    const body = Buffer.from(JSON.stringify(value))
    this.outgoing.writeHead(this.outgoing.statusCode, {
      "content-type": "application/json",
      "content-length": String(body.length),
      ...headers,
    })
    this.outgoing.end(this.method === "HEAD" ? undefined : body)
  }

  /** Whether the body's bytes are said to come. */
  get hasBody(): boolean {
    const { headers } = this.incoming
    return Number(headers["content-length"] ?? 0) > 0 || headers["transfer-encoding"] !== undefined
  }

  /**
   * Reads a small body whole. Throws `SIZE_INVALID` with 413 for one of more than `limit` bytes, `UNAVAILABLE` where all
   * requests together hold too much.
   */
  async read(limit: number): Promise<Buffer> {
    const { incoming } = this
    // It tells whoever listens in time, and nobody later.
    if (incoming.destroyed) throw new ClientGone()
    const end = setTimeout(() => incoming.socket.destroy(), this.#terms.bodyTimeout)
    try {
      return await this.whileMoving(() =>
        readBody(incoming, {
          limit,
          held: this.#body,
          tooLarge: () =>
            new RegistryRefusal("SIZE_INVALID", `the body has more than ${limit} bytes`, { status: 413 }),
          noRoom: () =>
            new RegistryRefusal(
              "UNAVAILABLE",
              "the server holds as much of what is sent to it as it can: try again",
            ),
        }),
      )
    } finally {
      clearTimeout(end)
    }
  }

  /** Cuts the client off when it neither sends nor takes anything for too long. */
  async whileMoving<Result>(work: () => Promise<Result>): Promise<Result> {
    const end = watchIdle(this.incoming.socket, this.#terms.idleTimeout)
    try {
      return await work()
    } finally {
      end()
    }
  }

  /** Until the answer is sent, or cannot be any more. */
  async untilAnswered(): Promise<void> {
    const { outgoing } = this
    if (outgoing.writableFinished || outgoing.destroyed) return
    const end = watchIdle(this.incoming.socket, this.#terms.idleTimeout)
    // Before the server says how long the idle connection is kept.
    outgoing.prependOnceListener("finish", end)
    await once(outgoing, "close").catch(() => undefined)
  }

  /** Sends content whole or in part (RFC 9110, section 14), or says that the client has it, or where it is to be had. */
  async send(
    { mediaType, digest, size }: Descriptor,
    open: () => Promise<RandomAccess | ContentElsewhere>,
  ): Promise<void> {
    const openHere = async () => {
      const found = await open()
      if (!("location" in found)) return found
      this.answer(307, { location: found.location.href, "docker-content-digest": digest })
      return undefined
    }
    const headers = { "content-type": mediaType, "docker-content-digest": digest }
    const unsatisfiable = (length: number) =>
      new RegistryRefusal("SIZE_INVALID", `the content has ${length} bytes`, {
        status: 416,
        headers: { "content-range": `bytes */${length}` },
      })
    await this.sendBytes({ etag: `"${digest}"`, size, headers, unsatisfiable }, openHere)
  }

  /** The same of any bytes; where `open` gives none, it has answered itself. */
  async sendBytes(
    { etag, size, headers, unsatisfiable }: SentBytes,
    open: () => Promise<RandomAccess | undefined>,
  ): Promise<void> {
    const common = { ...headers, "accept-ranges": "bytes", etag }
    const known = this.entityTags("if-none-match")
    if (known?.some((tag) => tag === "*" || tag.replace(/^W\//, "") === etag)) {
      return this.answer(304, common)
    }
    if (this.method === "HEAD") {
      this.outgoing.writeHead(200, { ...common, "content-length": String(size) }).end()
      return
    }
    const found = await open()
    if (found === undefined) return
    await using content = found
    const ifRange = this.header("if-range")
    const range =
      ifRange === undefined || ifRange === etag ? parseRange(this.header("range"), content.size) : undefined
    if (range === "unsatisfiable") throw unsatisfiable(content.size)
    const { start, end } = range ?? { start: 0, end: content.size }
    this.outgoing.writeHead(range ? 206 : 200, {
      ...common,
      "content-length": String(end - start),
      ...(range && { "content-range": `bytes ${start}-${end - 1}/${content.size}` }),
    })
    using buffers = this.#terms.buffers.take(end - start)
    await this.whileMoving(() => sendPart(this.outgoing, content, { start, end }, buffers))
  }
}

/** The part that a `Range` asks for, its end not included; more than one part, or another unit, is not served as such. */
function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | "unsatisfiable" | undefined {
  const found = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? "")
  if (found === null) return undefined
  const [, first = "", last = ""] = found
  if (first === "" && last === "") return undefined
  if (first === "") {
    const length = Math.min(Number(last), size)
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size }
  }
  const start = Number(first)
  const end = last === "" ? size : Math.min(Number(last) + 1, size)
  return start >= end ? "unsatisfiable" : { start, end }
}

/** One buffer is read into while the other is sent. */
async function sendPart(
  outgoing: ServerResponse,
  content: RandomAccess,
  { start, end }: { start: number; end: number },
  { both }: SendBuffers,
): Promise<void> {
  let position = start
  for await (const chunk of content.read({ offset: start, length: end - start }, { buffers: both })) {
    await write(outgoing, chunk)
    position += chunk.length
  }
  // Cut short where it lies: the client must not take it for whole.
  if (position < end) throw new Error(`the content ends at byte ${position} of ${end}`)
  outgoing.end()
}

/** Until the bytes are out of the buffer. Throws when the client is gone. */
async function write(outgoing: ServerResponse, chunk: Uint8Array): Promise<void> {
  if (outgoing.destroyed || outgoing.writableFinished) throw new ClientGone()
  await new Promise<void>((resolve, reject) => {
    const onClose = () => reject(new ClientGone())
    outgoing.once("close", onClose)
    outgoing.write(chunk, (error) => {
      outgoing.off("close", onClose)
      if (error) reject(new ClientGone())
      else resolve()
    })
  })
}

/** Nobody is left to answer. */
export class ClientGone extends Error {}
