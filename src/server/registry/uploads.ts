import { randomUUID } from "node:crypto"
import type { Upload, WritableRepository } from "../../content/registry-storage.ts"
import { type Digest, digestAlgorithm } from "../../oci/digest.ts"
import { isRepository } from "../../oci/reference.ts"
import type { Exchange } from "./exchange.ts"
import { checkDigest } from "./manifests.ts"
import type { OpenRepository, Visitor } from "./registry-access.ts"
import { RegistryRefusal } from "./registry-refusal.ts"
import { writable } from "./writable.ts"

/** Blobs on their way in (distribution-spec 1.1, Pushing blobs). */
export class Uploads {
  /** Who works on an upload, and how to make it let go. */
  readonly #running = new Map<string, { letGo: () => void; done: Promise<void> }>()

  /** Begins an upload, or makes it needless by mounting. */
  async begin(exchange: Exchange, repository: OpenRepository, name: string, visitor: Visitor): Promise<void> {
    const target = writable(repository)
    const { query } = exchange
    const mount = digestIn(query, "mount")
    if (mount !== undefined && (await mountBlob(target, mount, query.get("from"), visitor))) {
      return answerBlob(exchange, name, mount)
    }
    const expected = digestIn(query, "digest")
    const algorithm = expected ? digestAlgorithm(expected) : (query.get("digest-algorithm") ?? "sha256")
    if (algorithm !== "sha256" && algorithm !== "sha512") {
      throw new RegistryRefusal("DIGEST_INVALID", "digests are sha256 or sha512")
    }
    const upload = await target.beginUpload(randomUUID(), algorithm)
    if (expected === undefined) return answerState(exchange, 202, name, upload)
    await this.#whileHeld(exchange, upload.id, async () => {
      try {
        await receive(exchange, upload)
      } catch (error) {
        // Nobody knows its name, to go on with it.
        await upload.cancel()
        throw error
      }
      await upload.commit(expected)
      answerBlob(exchange, name, expected)
    })
  }

  async state(exchange: Exchange, repository: OpenRepository, name: string, id: string): Promise<void> {
    answerState(exchange, 204, name, await find(repository, id))
  }

  async append(exchange: Exchange, repository: OpenRepository, name: string, id: string): Promise<void> {
    await find(repository, id)
    await this.#whileHeld(exchange, id, async () => {
      const upload = await find(repository, id)
      await receive(exchange, upload, checkContentRange(exchange, name, upload))
      answerState(exchange, 202, name, upload)
    })
  }

  async commit(exchange: Exchange, repository: OpenRepository, name: string, id: string): Promise<void> {
    await find(repository, id)
    const digest = digestIn(exchange.query, "digest") ?? checkDigest("")
    await this.#whileHeld(exchange, id, async () => {
      const upload = await find(repository, id)
      const end = checkContentRange(exchange, name, upload)
      if (exchange.hasBody) await receive(exchange, upload, end)
      await upload.commit(digest)
      answerBlob(exchange, name, digest)
    })
  }

  async cancel(exchange: Exchange, repository: OpenRepository, id: string): Promise<void> {
    await find(repository, id)
    await this.#whileHeld(exchange, id, async () => {
      await (await find(repository, id)).cancel()
      exchange.answer(204)
    })
  }

  /**
   * Has an upload alone. A client that comes back may be quicker than the news that its old connection is gone: the
   * old one gives way, unless all of it is there: then it is waited for.
   */
  async #whileHeld(exchange: Exchange, id: string, work: () => Promise<void>): Promise<void> {
    for (let other = this.#running.get(id); other !== undefined; other = this.#running.get(id)) {
      other.letGo()
      await other.done
    }
    const { promise: done, resolve } = Promise.withResolvers<void>()
    const { incoming } = exchange
    const letGo = () => {
      if (!incoming.complete) incoming.destroy()
    }
    this.#running.set(id, { letGo, done })
    try {
      await work()
    } finally {
      this.#running.delete(id)
      resolve()
    }
  }
}

/** Of several it would be open which one is meant. Throws `DIGEST_INVALID`. */
function digestIn(query: URLSearchParams, name: string): Digest | undefined {
  const [text, ...more] = query.getAll(name)
  if (more.length > 0) throw new RegistryRefusal("DIGEST_INVALID", "there is more than one digest")
  return text === undefined ? undefined : checkDigest(text)
}

/** Throws `SIZE_INVALID` where the upload does not end where it should then; what came is kept. */
async function receive(exchange: Exchange, upload: Upload, end?: number): Promise<void> {
  const { incoming } = exchange
  // Giving up in the middle, as on a full disk, must not break the connection before it has been answered.
  await exchange.whileMoving(() =>
    upload.append(incoming.iterator({ destroyOnReturn: false }), lengthOf(exchange)),
  )
  if (end === undefined || upload.size === end) return
  throw new RegistryRefusal("SIZE_INVALID", `the upload has ${upload.size} bytes, and not ${end}`)
}

function lengthOf(exchange: Exchange): number | undefined {
  const length = exchange.header("content-length")
  return length === undefined ? undefined : Number(length)
}

async function mountBlob(
  target: WritableRepository,
  digest: Digest,
  from: string | null,
  visitor: Visitor,
): Promise<boolean> {
  if (from !== null && !isRepository(from)) return false
  const sources = from === null ? await target.holders(digest) : [from]
  const source = await visitor.findReadable(sources)
  return source !== undefined && target.mountBlob(digest, source)
}

async function find(repository: OpenRepository, id: string): Promise<Upload> {
  const found = /^[0-9a-f-]{36}$/.test(id) ? await writable(repository).findUpload(id) : undefined
  if (found !== undefined) return found
  throw new RegistryRefusal("BLOB_UPLOAD_UNKNOWN", "there is no such upload under way", {
    hint: "begin it again",
  })
}

/**
 * Bytes come in order, none twice and none left out. Gives where they end, if that is said. Throws 416, which says
 * where to go on.
 */
function checkContentRange(exchange: Exchange, name: string, upload: Upload): number | undefined {
  const header = exchange.header("content-range")
  if (header === undefined) return undefined
  const found = /^(?:bytes[ =])?([0-9]{1,15})-([0-9]{1,15})(?:\/(?:[0-9]+|\*))?$/.exec(header)
  const [, first, last] = (found ?? []).map(Number)
  if (first === undefined || last === undefined || last < first) {
    throw new RegistryRefusal("BLOB_UPLOAD_INVALID", "the Content-Range is not <first>-<last>", {
      status: 416,
      headers: stateHeaders(name, upload),
    })
  }
  const length = exchange.header("content-length")
  if (length !== undefined && Number(length) !== last - first + 1) {
    throw new RegistryRefusal("SIZE_INVALID", "Content-Range and Content-Length do not fit")
  }
  if (first !== upload.size) {
    throw new RegistryRefusal("BLOB_UPLOAD_INVALID", `the upload goes on at byte ${upload.size}`, {
      status: 416,
      headers: stateHeaders(name, upload),
    })
  }
  return last + 1
}

function answerState(exchange: Exchange, status: 202 | 204, name: string, upload: Upload): void {
  exchange.answer(status, stateHeaders(name, upload))
}

function stateHeaders(name: string, { id, size }: Upload): Record<string, string> {
  return {
    location: `/v2/${name}/blobs/uploads/${id}`,
    "docker-upload-uuid": id,
    // Nothing yet and one byte look the same: clients take it so since the first registry did.
    range: `0-${Math.max(0, size - 1)}`,
  }
}

function answerBlob(exchange: Exchange, name: string, digest: Digest): void {
  exchange.answer(201, { location: `/v2/${name}/blobs/${digest}`, "docker-content-digest": digest })
}
