import { createHash, type Hash } from "node:crypto"
import { constants, renameSync } from "node:fs"
import { copyFile, open, rm, stat } from "node:fs/promises"
import { dirname, join } from "node:path"
import { moveInPlace } from "../content/atomic-file.ts"
import { ContentError } from "../content/content-error.ts"
import { readFileRange, writeFileRange } from "../content/file-range.ts"
import { createPrivateFile } from "../content/private-file.ts"
import type { Upload } from "../content/registry-storage.ts"
import { digestMismatch } from "../content/verifying-reader.ts"
import { hasCode } from "../errors/system-error.ts"
import { type Digest, type DigestAlgorithm, digestAlgorithm, finishDigest } from "../oci/digest.ts"
import type { BlobFiles } from "./blob-files.ts"
import type { Catalog } from "./catalog/catalog.ts"
import { explainFailure, makeFolder } from "./ingest.ts"
import type { Leases } from "./leases.ts"

/** In milliseconds: how often an upload that goes on says so to whoever collects garbage. */
const TOUCH_STEP = 60_000

interface Parts {
  folder: string
  catalog: Catalog
  blobs: BlobFiles
  leases: Leases
  now: () => number
}

/** Uploads whose hashes are kept: those of others are made again. */
const MAX_HASHED = 1000

/** A hash of the first bytes of an upload. */
interface Hashed {
  algorithm: DigestAlgorithm
  hash: Hash
  size: number
}

/**
 * Uploads under way: a file for each, and a row that says whose it is. They outlive the process; what it had hashed
 * of them is then hashed again.
 */
export class UploadFiles {
  readonly #parts: Parts
  readonly #hashed = new Map<string, Hashed>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async begin(repository: string, id: string, algorithm: DigestAlgorithm = "sha256"): Promise<Upload> {
    const { folder, catalog, now } = this.#parts
    await makeFolder(folder)
    const file = await createPrivateFile(join(folder, id)).catch((error) => {
      throw explainFailure(error, join(folder, id))
    })
    await file.close()
    try {
      await catalog.note(() => catalog.uploads.add({ id, repository }, now()))
    } catch (error) {
      await rm(join(folder, id), { force: true })
      throw error
    }
    this.#keepHash(id, { algorithm, hash: createHash(algorithm), size: 0 })
    return this.#upload(id, repository, 0)
  }

  async find(repository: string, id: string): Promise<Upload | undefined> {
    const row = this.#parts.catalog.uploads.find(id)
    if (row === undefined || row.repository !== repository) return undefined
    try {
      await using file = await open(join(this.#parts.folder, id), "r")
      return this.#upload(id, repository, (await file.stat()).size)
    } catch (error) {
      if (hasCode(error, "ENOENT")) return undefined
      throw error
    }
  }

  /**
   * Has an upload alone until `work` is done. Another process may be at it, whose client gave it up: what that one still
   * writes then goes to a file that nobody sees any more. Throws `UPLOAD_CHANGED` where the upload has another size by
   * then, or is gone.
   */
  async #whileHeld<Result>(
    id: string,
    size: number,
    work: (holder: string) => Promise<Result>,
  ): Promise<Result> {
    const { folder, catalog, leases } = this.#parts
    const path = join(folder, id)
    const holder = await leases.holder()
    try {
      for (;;) {
        const row = catalog.uploads.find(id)
        if (row === undefined) throw changed()
        const other = row.holder !== "" && row.holder !== holder && leases.isAlive(row.holder)
        const copy = `${path}.${holder}`
        if (other) await takeCopy(path, copy)
        const isHeld = await catalog.note(() => {
          if (catalog.uploads.find(id)?.holder !== row.holder) return false
          if (other) renameSync(copy, path)
          catalog.uploads.setHolder(id, holder)
          return true
        })
        if (isHeld) break
        if (other) await rm(copy, { force: true })
      }
      try {
        if ((await stat(path)).size !== size) throw changed()
        return await work(holder)
      } finally {
        await this.#letGo(id, holder)
      }
    } catch (error) {
      // Another process has made a blob of it meanwhile.
      if (hasCode(error, "ENOENT") && catalog.uploads.find(id) === undefined) throw changed()
      throw error
    }
  }

  #keepHash(id: string, hashed: Hashed): void {
    this.#hashed.set(id, hashed)
    const [oldest] = this.#hashed.keys()
    if (this.#hashed.size > MAX_HASHED && oldest !== undefined) this.#hashed.delete(oldest)
  }

  async #letGo(id: string, holder: string): Promise<void> {
    const { catalog } = this.#parts
    await catalog.note(() => {
      if (catalog.uploads.find(id)?.holder === holder) catalog.uploads.setHolder(id, "")
    })
  }

  #upload(id: string, repository: string, size: number): Upload {
    const { folder, catalog, blobs, leases, now } = this.#parts
    const path = join(folder, id)
    const hashes = this.#hashed
    const cancel = async () => {
      hashes.delete(id)
      await rm(path, { force: true })
      await catalog.transaction(() => catalog.uploads.remove(id))
    }
    const append = async (chunks: AsyncIterable<Uint8Array>, holder: string) => {
      const running = hashes.get(id)
      // Only if it comes to its end does it say what is in the file.
      hashes.delete(id)
      const hashed = running?.size === size ? running : undefined
      let touched = 0
      const touch = async () => {
        if (now() - touched < TOUCH_STEP) return
        touched = now()
        await catalog.note(() => catalog.uploads.touch(id, repository, touched))
      }
      let failure: unknown
      // What came before a connection broke is written as well.
      const taken = async function* () {
        try {
          for await (const chunk of chunks) {
            hashed?.hash.update(chunk)
            await touch()
            yield chunk
          }
        } catch (error) {
          failure = error ?? new Error("the upload broke off")
        }
      }
      await using file = await open(path, "r+")
      try {
        await writeFileRange(file, size, taken())
      } catch (error) {
        failure = explainFailure(error, path)
      }
      // Another process has taken it over, and this one's bytes are nowhere.
      if (catalog.uploads.find(id)?.holder !== holder) throw changed()
      size = (await file.stat()).size
      if (failure !== undefined) throw failure
      if (hashed) this.#keepHash(id, { ...hashed, size })
    }
    const commit = async (digest: Digest, holder: string) => {
      const found = await digestFile(path, size, digestAlgorithm(digest), hashes.get(id))
      if (found !== digest) {
        await cancel()
        throw digestMismatch({ mediaType: "application/octet-stream", digest, size }, found, "the upload")
      }
      const target = blobs.path(digest)
      await makeFolder(dirname(target))
      await using file = await open(path, "r+")
      await moveInPlace(file, path, target, async (move) => {
        await catalog.transaction(() => {
          if (catalog.uploads.find(id)?.holder !== holder) throw changed()
          leases.refuseRemoved(repository)
          move()
          catalog.damaged.remove(digest)
          catalog.content.addBlob(repository, digest, now())
          catalog.uploads.remove(id)
        })
        hashes.delete(id)
      })
    }
    return {
      id,
      get size() {
        return size
      },

      append: (chunks) => this.#whileHeld(id, size, (holder) => append(chunks, holder)),
      commit: (digest) => this.#whileHeld(id, size, (holder) => commit(digest, holder)),
      cancel,
    }
  }
}

async function takeCopy(path: string, copy: string): Promise<void> {
  try {
    await copyFile(path, copy, constants.COPYFILE_FICLONE)
  } catch (error) {
    await rm(copy, { force: true })
    throw explainFailure(error, copy)
  }
}

async function digestFile(
  path: string,
  size: number,
  algorithm: DigestAlgorithm,
  hashed: Hashed | undefined,
): Promise<Digest> {
  if (hashed?.algorithm === algorithm && hashed.size === size)
    return finishDigest(algorithm, hashed.hash.copy())
  const hash = createHash(algorithm)
  await using file = await open(path, "r")
  for await (const chunk of readFileRange(file, 0, size, { reuseChunks: true })) hash.update(chunk)
  return finishDigest(algorithm, hash)
}

function changed(): ContentError {
  return new ContentError("UPLOAD_CHANGED", "the upload went on elsewhere meanwhile", {
    hint: "ask for its state, and go on from there",
  })
}
