import { createHash } from "node:crypto"
import { createReadStream, existsSync } from "node:fs"
import { mkdir, mkdtemp, open, rename, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import type { Digest, DigestAlgorithm } from "../../../src/oci/digest.ts"

export interface StoredManifest {
  mediaType: string
  bytes: Buffer
}

export class Upload {
  readonly id: string
  readonly path: string
  size = 0
  hash = createHash("sha256")
  /** Requests to one upload are served one after another. */
  turn: Promise<unknown> = Promise.resolve()

  constructor(id: string, path: string) {
    this.id = id
    this.path = path
  }

  /** Appends a request's body. What arrived before it broke off stays. */
  async append(body: AsyncIterable<Uint8Array>): Promise<void> {
    const file = await open(this.path, "a")
    try {
      for await (const chunk of body) {
        await file.write(chunk)
        this.hash.update(chunk)
        this.size += chunk.length
      }
    } finally {
      await file.close()
    }
  }

  async digest(algorithm: DigestAlgorithm): Promise<string> {
    if (algorithm === "sha256") return `sha256:${this.hash.copy().digest("hex")}`
    const hash = createHash(algorithm)
    await pipeline(createReadStream(this.path), hash)
    return `${algorithm}:${hash.digest("hex")}`
  }
}

export class StoredRepository {
  readonly blobs = new Set<string>()
  readonly manifests = new Map<string, StoredManifest>()
  readonly tags = new Map<string, string>()
}

/** What a test registry holds: blobs in a temporary folder, so that gigabytes fit. */
export class RegistryStorage {
  readonly repositories = new Map<string, StoredRepository>()
  readonly uploads = new Map<string, Upload>()
  readonly #root: string
  #count = 0

  constructor(root: string) {
    this.#root = root
  }

  static async create(): Promise<RegistryStorage> {
    const root = await mkdtemp(join(tmpdir(), "waybill-test-registry-"))
    await mkdir(join(root, "uploads"))
    await mkdir(join(root, "blobs"))
    return new RegistryStorage(root)
  }

  repository(name: string): StoredRepository {
    const known = this.repositories.get(name)
    if (known) return known
    const repository = new StoredRepository()
    this.repositories.set(name, repository)
    return repository
  }

  async openUpload(): Promise<Upload> {
    const id = `upload-${++this.#count}`
    const upload = new Upload(id, join(this.#root, "uploads", id))
    await (await open(upload.path, "w")).close()
    this.uploads.set(id, upload)
    return upload
  }

  async finishUpload(upload: Upload, digest: Digest, repository: string): Promise<void> {
    this.uploads.delete(upload.id)
    await rename(upload.path, this.#blobPath(digest))
    this.repository(repository).blobs.add(digest)
  }

  async cancelUpload(upload: Upload): Promise<void> {
    this.uploads.delete(upload.id)
    await rm(upload.path, { force: true })
  }

  hasBlob(repository: string, digest: string): boolean {
    return this.repository(repository).blobs.has(digest) && existsSync(this.#blobPath(digest))
  }

  async blobSize(digest: string): Promise<number> {
    return (await stat(this.#blobPath(digest))).size
  }

  readBlob(digest: string, start: number, end: number): Readable {
    return createReadStream(this.#blobPath(digest), { start, end, highWaterMark: 1024 * 1024 })
  }

  /** Changes a byte of a stored blob. */
  async damage(digest: string, at: number): Promise<void> {
    const file = await open(this.#blobPath(digest), "r+")
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at)
    await file.write(Buffer.of((buffer[0] ?? 0) ^ 1), 0, 1, at)
    await file.close()
  }

  async remove(): Promise<void> {
    await rm(this.#root, { recursive: true, force: true })
  }

  #blobPath(digest: string): string {
    return join(this.#root, "blobs", digest.replace(":", "-"))
  }
}
