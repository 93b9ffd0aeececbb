import { Header } from "tar/header"
import { Pax } from "tar/pax"
import { quote } from "../errors/quote.ts"
import { ArchiveError } from "./archive-error.ts"
import { FIELDS } from "./header-fields.ts"

/** Everything in an archive is aligned to this, in bytes. */
export const BLOCK_SIZE = 512
/** The two zero blocks at the end, in bytes. */
export const END_OF_ARCHIVE_SIZE = 2 * BLOCK_SIZE

/** Eleven octal digits: the greatest size that a ustar header can say, in bytes. */
const MAX_USTAR_SIZE = 8 ** 11 - 1

const EPOCH = new Date(0)

/** Others are not the same to every reader of a ustar header. */
const PRINTABLE_ASCII = /^[ -~]*$/

/** Bytes from the end of `size` bytes of data to the next block. */
export function padding(size: number): number {
  return (BLOCK_SIZE - (size % BLOCK_SIZE)) % BLOCK_SIZE
}

/**
 * The one header that Waybill writes for a regular file of `size` bytes, as node-tar encodes it: ustar, mode 0644,
 * everything else zero or empty. What ustar cannot say (8 GiB or more, a name that is not printable ASCII or does not divide into
 * prefix and name) is preceded by a pax extended header with just those records. docs/bundle-format.md has it byte for
 * byte. Throws `INVALID_ENTRY` for a name or a size that no header can say.
 */
export function encodeHeader(name: string, size: number): Uint8Array {
  return encode(name, size, Buffer.alloc(BLOCK_SIZE))
}

/** A hundred thousand headers to be measured or compared would leave as many buffers behind. */
const scratch = Buffer.alloc(BLOCK_SIZE)

/** The length of that header, in bytes. Throws `INVALID_ENTRY`. */
export function headerSize(name: string, size: number): number {
  checkEntry(name, size)
  const isPlain = isShort(name) && size <= MAX_USTAR_SIZE
  return isPlain ? BLOCK_SIZE : encode(name, size, scratch.fill(0)).length
}

/** Whether bytes are the header that `encodeHeader` makes. Throws `INVALID_ENTRY`. */
export function isHeaderOf(bytes: Uint8Array, name: string, size: number): boolean {
  return Buffer.compare(bytes, encode(name, size, scratch.fill(0))) === 0
}

/** `block`, which is all zeros, becomes the header itself. */
function encode(name: string, size: number, block: Buffer): Uint8Array {
  checkEntry(name, size)
  new Header({ path: name, type: "File", mode: 0o644, uid: 0, gid: 0, size, mtime: EPOCH }).encode(block)
  const records = {
    ...(holdsName(block, name) ? {} : { path: name }),
    ...(size > MAX_USTAR_SIZE ? { size } : {}),
  }
  if (Object.keys(records).length === 0) return block
  return Buffer.concat([new Pax(records).encode(), block])
}

/** What `Header` says of it by itself is not enough: a name of 100 bytes without a slash becomes another. */
function holdsName(block: Buffer, name: string): boolean {
  return isShort(name) || (PRINTABLE_ASCII.test(name) && new Header(block).path === name)
}

/** Whether a name needs neither a prefix nor a pax record. */
function isShort(name: string): boolean {
  return name.length < FIELDS.name.length && PRINTABLE_ASCII.test(name)
}

function checkEntry(name: string, size: number): void {
  if (name === "" || name.includes("\0") || name.endsWith("/") || !name.isWellFormed()) {
    throw new ArchiveError("INVALID_ENTRY", `${quote(name)} cannot be the name of a file in an archive`)
  }
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new ArchiveError("INVALID_ENTRY", `${quote(name)} cannot have ${size} bytes`)
  }
}
