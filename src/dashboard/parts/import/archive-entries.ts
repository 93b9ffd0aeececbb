import { RefusedBundle } from "./refused-bundle.ts"

/** An entry of a tar file; all numbers are bytes. */
export interface ArchiveEntry {
  name: string
  /** Where its first header begins, a pax header in front counted. */
  headerOffset: number
  /** Where its content begins. */
  offset: number
  size: number
}

const BLOCK = 512

/** Read at once: headers of a bundle stand close together, and so do its documents. */
const WINDOW = 1 << 20

/** Of a pax header, which in a bundle holds a name and a size. */
const MAX_PAX = 4096

const decoder = new TextDecoder()

/** Reads the headers of a tar file in its order, and what somebody asks for of its content; nothing else of it is touched. */
export class ArchiveEntries {
  readonly #file: Blob
  #window = new Uint8Array()
  #windowOffset = 0
  #offset = 0

  constructor(file: Blob) {
    this.#file = file
  }

  /** The next entry; `undefined` at the end of the file. Throws `RefusedBundle`. */
  async next(): Promise<ArchiveEntry | undefined> {
    const headerOffset = this.#offset
    const header = await this.#header()
    if (header === undefined) return undefined
    if (header.type !== "x") return this.#entry(header, headerOffset)
    if (header.size > MAX_PAX)
      throw new RefusedBundle(`its extended header has ${header.size} bytes`, header.name)
    const records = parsePax(decoder.decode(await this.read(this.#offset, header.size)))
    this.#offset += padded(header.size)
    const extended = await this.#header()
    if (extended === undefined) throw new RefusedBundle("the file ends behind an extended header")
    const size = Number(records.get("size") ?? extended.size)
    return this.#entry({ ...extended, name: records.get("path") ?? extended.name, size }, headerOffset)
  }

  /** Throws `RefusedBundle` where the file ends before. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = offset + length
    if (offset < this.#windowOffset || end > this.#windowOffset + this.#window.length) {
      const slice = this.#file.slice(offset, offset + Math.max(length, WINDOW))
      this.#window = new Uint8Array(await slice.arrayBuffer())
      this.#windowOffset = offset
    }
    const bytes = this.#window.subarray(offset - this.#windowOffset, end - this.#windowOffset)
    if (bytes.length < length) throw new RefusedBundle(`the file ends at byte ${this.#file.size}, too early`)
    return bytes
  }

  #entry({ name, size, type }: Header, headerOffset: number): ArchiveEntry {
    if (type !== "0") throw new RefusedBundle("it is no regular file", name)
    if (!Number.isSafeInteger(size) || size < 0) throw new RefusedBundle("its size is no number", name)
    const offset = this.#offset
    this.#offset += padded(size)
    return { name, headerOffset, offset, size }
  }

  async #header(): Promise<Header | undefined> {
    const at = this.#offset
    if (at >= this.#file.size) return undefined
    const block = await this.read(at, BLOCK)
    if (block.every((byte) => byte === 0)) return undefined
    if (at === 0 && block[0] === 0x1f && block[1] === 0x8b) {
      throw new RefusedBundle("it is compressed with gzip: unpack it first, a bundle is a plain tar file")
    }
    if (decoder.decode(block.subarray(257, 262)) !== "ustar" || !fitsChecksum(block)) {
      throw new RefusedBundle(
        at === 0 ? "this is no tar file, so no bundle" : `no header of an entry at byte ${at}`,
      )
    }
    this.#offset += BLOCK
    const prefix = textOf(block, 345, 155)
    const name = textOf(block, 0, 100)
    return {
      name: prefix === "" ? name : `${prefix}/${name}`,
      size: sizeOf(block),
      type: textOf(block, 156, 1),
    }
  }
}

interface Header {
  name: string
  size: number
  type: string
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK
}

function textOf(block: Uint8Array, offset: number, length: number): string {
  const field = block.subarray(offset, offset + length)
  const end = field.indexOf(0)
  return decoder.decode(end === -1 ? field : field.subarray(0, end))
}

/** Octal, or from 8 GiB on base 256 with its first bit set. */
function sizeOf(block: Uint8Array): number {
  if ((block[124] ?? 0) & 0x80) {
    return block.subarray(125, 136).reduce((size, byte) => size * 256 + byte, 0)
  }
  const digits = textOf(block, 124, 12).trim()
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN
}

/** The sum of all bytes, those of the checksum itself taken for spaces. */
function fitsChecksum(block: Uint8Array): boolean {
  const sum = block.reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 0x20 : byte), 0)
  return Number.parseInt(textOf(block, 148, 8).trim(), 8) === sum
}

/** Records of `<length> <key>=<value>` and a line feed; those of a bundle are ASCII, so that a length counts characters too. */
function parsePax(text: string): Map<string, string> {
  const records = new Map<string, string>()
  for (let at = 0; at < text.length; ) {
    const [, length, key, value] = /^(\d{1,4}) ([^=]+)=(.*)\n/.exec(text.slice(at)) ?? []
    if (length === undefined || key === undefined || value === undefined || Number(length) === 0) {
      throw new RefusedBundle("an extended header cannot be read")
    }
    records.set(key, value)
    at += Number(length)
  }
  return records
}
