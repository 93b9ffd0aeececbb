import { posix } from "node:path"
import type { ArchiveEntry, ArchiveEntryType } from "../archive/archive-entry.ts"
import { ArchiveFile } from "../archive/archive-file.ts"
import { ContentError } from "../content/content-error.ts"
import type { ContentSource, FetchOptions, OperationOptions } from "../content/interfaces.ts"
import { collect } from "../content/read-document.ts"
import { verified } from "../content/verifying-reader.ts"
import { quote } from "../errors/quote.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { MAX_DOCUMENT_SIZE } from "../oci/json.ts"
import { BundleError } from "./bundle-error.ts"

/** The names of an archive are held in memory; an image of many layers has a few hundred. */
const MAX_FILES = 100_000
/** Of names and links together, in characters: extended headers can make each a megabyte long. */
const MAX_NAMES_LENGTH = 32 * 1024 * 1024
const MAX_LINKS = 16
const NAMES_SHOWN = 20

/** Images in a tar file of some tool, read from their places: nothing is unpacked. The caller closes it. */
export interface ImageArchive extends ContentSource {
  close(): Promise<void>
}

/** A regular file in an archive; in bytes from its beginning. */
export interface ArchivedFile {
  name: string
  offset: number
  size: number
}

interface Entry extends ArchivedFile {
  type: ArchiveEntryType
  linkName: string | undefined
}

/** The files of an archive by name. */
export class ArchivedFiles {
  readonly #archive: ArchiveFile
  readonly #entries = new Map<string, Entry>()
  readonly #repeated = new Set<string>()
  #namesLength = 0

  private constructor(archive: ArchiveFile) {
    this.#archive = archive
  }

  /** Opens an archive and lists it. Throws `ArchiveError`. */
  static async open(path: string, options: OperationOptions = {}): Promise<ArchivedFiles> {
    const files = new ArchivedFiles(await ArchiveFile.open(path))
    try {
      for await (const entry of files.#archive.entries(options)) files.#add(entry)
      return files
    } catch (error) {
      await files.close()
      throw error
    }
  }

  get path(): string {
    return this.#archive.path
  }

  has(name: string): boolean {
    return this.#entries.has(name)
  }

  /**
   * The file of that name, if there is one. With `follow` links lead on to the file that they name, which must be
   * in the archive. Throws `UNSUPPORTED_ARCHIVE` for anything but one regular file.
   */
  find(name: string, options: { follow?: boolean } = {}): ArchivedFile | undefined {
    let entry = this.#one(name)
    for (let links = 0; options.follow && entry?.linkName !== undefined; links++) {
      if (links === MAX_LINKS) throw this.unsupported(`the links of ${quote(name)} lead nowhere`)
      entry = this.#one(targetOf(entry, entry.linkName))
      if (entry === undefined) throw this.unsupported(`what ${quote(name)} links to is missing`)
    }
    if (entry === undefined || entry.type === "file") return entry
    throw this.unsupported(`${quote(name)} is a ${entry.type}, not a file`)
  }

  /** Reads a small file whole. Throws `UNSUPPORTED_ARCHIVE` over 4 MiB. */
  async readDocument(file: ArchivedFile, options: OperationOptions = {}): Promise<Uint8Array> {
    if (file.size > MAX_DOCUMENT_SIZE) {
      throw this.unsupported(
        `${quote(file.name)} has ${file.size} bytes; at most ${MAX_DOCUMENT_SIZE} are read`,
      )
    }
    return collect(this.read(file, options))
  }

  /** Reads a file, or a range of it, as it is. */
  read(file: ArchivedFile, options: FetchOptions = {}): AsyncIterable<Uint8Array> {
    const { offset, length = file.size } = options.range ?? { offset: 0 }
    return this.#archive.read(file.offset + offset, Math.min(length, file.size - offset), {
      ...options,
      entry: file.name,
    })
  }

  /** Reads a file as the content that the descriptor names; the whole is verified. */
  fetch(file: ArchivedFile, descriptor: Descriptor, options: FetchOptions = {}): AsyncIterable<Uint8Array> {
    const chunks = this.read(file, options)
    if (options.range !== undefined) return chunks
    return verified(descriptor, chunks, `${this.path}, ${quote(file.name)} at offset ${file.offset}`)
  }

  close(): Promise<void> {
    return this.#archive.close()
  }

  unsupported(reason: string, hint = "write the archive again, with skopeo or docker save"): BundleError {
    return new BundleError("UNSUPPORTED_ARCHIVE", `${this.path}: ${reason}`, { hint })
  }

  #add(entry: ArchiveEntry): void {
    const name = cleaned(entry.name)
    if (this.#entries.has(name)) this.#repeated.add(name)
    if (this.#entries.size === MAX_FILES) throw this.unsupported(`it has more than ${MAX_FILES} entries`)
    const { type, offset, size, linkName } = entry
    this.#namesLength += name.length + (linkName?.length ?? 0)
    if (this.#namesLength > MAX_NAMES_LENGTH) {
      throw this.unsupported(`its names are longer than ${MAX_NAMES_LENGTH} characters together`)
    }
    this.#entries.set(name, { name, type, offset, size, linkName })
  }

  /** Tools differ on which of two entries of one name counts. */
  #one(path: string): Entry | undefined {
    const name = cleaned(path)
    if (this.#repeated.has(name)) throw this.unsupported(`it has ${quote(name)} more than once`)
    return this.#entries.get(name)
  }
}

/** An image that cannot be chosen, because there is none or more than one that fits. `names` are those to choose from. */
export function imageNotFound(
  path: string,
  reference: string,
  fitting: number,
  names: readonly string[],
): Error {
  const image = reference === "" ? "image" : `image ${quote(reference)}`
  const others = names.length - NAMES_SHOWN
  const shown = `${names.slice(0, NAMES_SHOWN).map(quote).join(", ")}${others > 0 ? ` and ${others} more` : ""}`
  const hint = names.length === 0 ? "no image in it has a name" : `name one of: ${shown}`
  return fitting === 0
    ? new ContentError("CONTENT_NOT_FOUND", `${path} has no ${image}`, { hint })
    : new BundleError("IMAGE_NOT_NAMED", `${path} has more than one ${image}`, { hint })
}

/** `tar -c .` writes `./` before all names. */
function cleaned(name: string): string {
  return name.replace(/^(?:\.\/+)+/, "")
}

/** A symbolic link starts at its folder, a hard link at the archive's root. */
function targetOf(entry: Entry, linkName: string): string {
  return entry.type === "symlink" ? posix.join(posix.dirname(entry.name), linkName) : linkName
}
