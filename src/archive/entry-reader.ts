import { isUtf8 } from "node:buffer"
import { quote } from "../errors/quote.ts"
import type { ArchiveEntry, ArchiveEntryType } from "./archive-entry.ts"
import { ArchiveError, truncated } from "./archive-error.ts"
import { BLOCK_SIZE, padding } from "./header.ts"
import { decodeHeaderBlock, type HeaderBlock, isZero, untilNul } from "./header-block.ts"
import { refuseOtherFormats } from "./other-formats.ts"
import { parsePaxRecords } from "./pax-records.ts"

/** More extended headers than this before one entry are refused: they are held in memory. In bytes. */
const MAX_EXTENSIONS_SIZE = 1024 * 1024

const TYPES: Readonly<Record<string, ArchiveEntryType>> = {
  "\0": "file",
  "0": "file",
  "7": "file",
  "1": "link",
  "2": "symlink",
  "5": "directory",
}

/** Links, devices, directories and FIFOs: nothing follows their headers. */
const HEADER_ONLY = "123456"

/** Where headers are read from. */
export interface ByteSource {
  /** Of the next byte, from the archive's beginning. */
  readonly position: number
  /** Reads `length` bytes, which are good until the next call; fewer only where the archive ends. */
  take(length: number): Promise<Uint8Array>
}

interface Extensions {
  path?: Uint8Array | undefined
  linkpath?: Uint8Array | undefined
  size?: Uint8Array | undefined
}

/**
 * Reads headers, with what extended headers (pax `x` and `g`, GNU `L` and `K`) say about them. Between two calls
 * the caller moves the source over the data and its padding. Both readers of archives are built on it, so that they
 * cannot see different archives in the same bytes.
 */
export class EntryReader {
  readonly #source: ByteSource
  readonly #origin: string
  #globals: Extensions = {}
  #end: number | undefined

  constructor(source: ByteSource, origin: string) {
    this.#source = source
    this.#origin = origin
  }

  /** Where the end-of-archive marker begins, once it has been reached. */
  get end(): number | undefined {
    return this.#end
  }

  /** The next entry, or `undefined` at the end-of-archive marker. */
  async next(): Promise<ArchiveEntry | undefined> {
    const headerOffset = this.#source.position
    const parts: Uint8Array[] = []
    let length = 0
    let local: Extensions = {}
    let gnu: Extensions = {}
    for (;;) {
      const offset = this.#source.position
      const block = await this.#block(offset)
      if (isZero(block)) {
        if (parts.length > 0) throw this.#bad("an extended header is followed by no entry", offset)
        await this.#finish(offset)
        return undefined
      }
      const header = decodeHeaderBlock(block, this.#origin, offset)
      length += BLOCK_SIZE
      if (!"xgLK".includes(header.typeFlag)) {
        const raw = parts.length === 0 ? block : Buffer.concat([...parts, block])
        return this.#entry(header, this.#merge(local, gnu, offset), raw, headerOffset)
      }
      parts.push(Buffer.from(block))
      length += header.size + padding(header.size)
      if (length > MAX_EXTENSIONS_SIZE) {
        throw this.#bad(`more than ${MAX_EXTENSIONS_SIZE} bytes of extended headers`, offset)
      }
      const data = await this.#take(header.size + padding(header.size), "a part of an extended header")
      parts.push(data)
      const content = data.subarray(0, header.size)
      if (header.typeFlag === "x") local = { ...local, ...this.#paxRecords(content, offset) }
      else if (header.typeFlag === "g")
        this.#globals = { ...this.#globals, ...this.#paxRecords(content, offset) }
      else if (header.typeFlag === "L") gnu = { ...gnu, path: untilNul(content) }
      else gnu = { ...gnu, linkpath: untilNul(content) }
    }
  }

  async #block(offset: number): Promise<Uint8Array> {
    const block = await this.#source.take(BLOCK_SIZE)
    if (offset === 0) refuseOtherFormats(block, this.#origin)
    if (block.length < BLOCK_SIZE) {
      throw truncated(
        this.#origin,
        block.length === 0 ? "the end-of-archive marker" : "a part of a header",
        offset,
      )
    }
    return block
  }

  async #take(length: number, what: string): Promise<Uint8Array> {
    const bytes = Buffer.from(await this.#source.take(length))
    if (bytes.length < length) throw truncated(this.#origin, what, this.#source.position)
    return bytes
  }

  async #finish(offset: number): Promise<void> {
    const second = await this.#take(BLOCK_SIZE, "the second block of the end-of-archive marker")
    if (!isZero(second)) throw this.#bad("a single zero block stands between entries", offset)
    this.#end = offset
  }

  #paxRecords(data: Uint8Array, offset: number): Extensions {
    const records = this.#parsed(() => parsePaxRecords(data), offset)
    if ([...records.keys()].some((key) => key.startsWith("GNU.sparse."))) throw this.#sparse(offset)
    const found: Extensions = {}
    for (const key of ["path", "linkpath", "size"] as const) {
      const value = records.get(key)
      if (value === undefined) continue
      // An empty value takes back an earlier one of the same key.
      found[key] = value.length === 0 ? undefined : value
      if (value.includes(0)) throw this.#bad(`the pax record "${key}" holds a zero byte`, offset)
    }
    return found
  }

  /** pax records win over the global ones. Where GNU's long names say something else, tools differ on who wins. */
  #merge(local: Extensions, gnu: Extensions, offset: number): Extensions {
    const pax = { ...this.#globals, ...local }
    for (const key of ["path", "linkpath"] as const) {
      const other = gnu[key]
      if (pax[key] !== undefined && other !== undefined && Buffer.compare(pax[key], other) !== 0) {
        throw this.#bad("pax and GNU headers name one entry differently", offset)
      }
    }
    return { ...gnu, ...Object.fromEntries(Object.entries(pax).filter(([, value]) => value !== undefined)) }
  }

  #entry(header: HeaderBlock, extensions: Extensions, raw: Uint8Array, headerOffset: number): ArchiveEntry {
    const offset = headerOffset + raw.length
    const at = offset - BLOCK_SIZE
    const { typeFlag } = header
    const name = this.#text(extensions.path, header.name, at)
    if (typeFlag === "S") throw this.#sparse(at, name)
    if (name === "") throw this.#bad("an entry has no name", at)
    const size = extensions.size === undefined ? header.size : this.#paxSize(extensions.size, at, name)
    // v7 has no type for directories: their names end in a slash.
    const isOldDirectory = TYPES[typeFlag] === "file" && name.endsWith("/")
    const type = isOldDirectory ? "directory" : (TYPES[typeFlag] ?? "other")
    // Some tools would read data here and some would not: two different archives in the same bytes.
    if (size > 0 && (isOldDirectory || HEADER_ONLY.includes(typeFlag))) {
      throw this.#bad(`an entry of type "${isOldDirectory ? "5" : typeFlag}" cannot have data`, at, name)
    }
    if (!Number.isSafeInteger(offset + size + padding(size)))
      throw this.#bad("the size is too large", at, name)
    const isLink = type === "link" || type === "symlink"
    const linkName = isLink ? this.#text(extensions.linkpath, header.linkName, at) : undefined
    return {
      name,
      size,
      type,
      ...(linkName === undefined ? {} : { linkName }),
      typeFlag,
      header: raw,
      headerOffset,
      offset,
    }
  }

  /** What extended headers say, else what the header says. */
  #text(extended: Uint8Array | undefined, plain: string | undefined, offset: number): string {
    const text = extended === undefined ? plain : decodeText(extended)
    if (text === undefined) throw this.#bad("a name is not UTF-8", offset)
    return text
  }

  #paxSize(bytes: Uint8Array, offset: number, name: string): number {
    const text = Buffer.from(bytes).toString("latin1")
    const size = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN
    if (!Number.isSafeInteger(size)) throw this.#bad("the pax size is no size", offset, name)
    return size
  }

  #parsed<Value>(parse: () => Value, offset: number): Value {
    try {
      return parse()
    } catch (cause) {
      throw this.#bad((cause as Error).message, offset)
    }
  }

  #bad(what: string, offset: number, entry?: string): ArchiveError {
    const where = entry === undefined ? "" : ` (${quote(entry)})`
    return new ArchiveError("BAD_HEADER", `${this.#origin}: ${what}, at byte ${offset}${where}`, {
      offset,
      entry,
      hint: "the file is damaged or was made to mislead; get it again from where it was made",
    })
  }

  #sparse(offset: number, entry?: string): ArchiveError {
    const which = entry === undefined ? "an entry" : quote(entry)
    return new ArchiveError(
      "UNSUPPORTED_ENTRY",
      `${this.#origin}: ${which} at byte ${offset} is a sparse file`,
      {
        offset,
        entry,
        hint: "make the archive without --sparse",
      },
    )
  }
}

function decodeText(bytes: Uint8Array): string | undefined {
  return isUtf8(bytes) ? Buffer.from(bytes).toString() : undefined
}
