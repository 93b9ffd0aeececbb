import { quote } from "../errors/quote.ts"
import { ArchiveError } from "./archive-error.ts"
import { checksumOf, FIELDS, type Field } from "./header-fields.ts"
import { encodePaxRecords } from "./pax-records.ts"

/** Everything in an archive is aligned to this, in bytes. */
export const BLOCK_SIZE = 512
/** The two zero blocks at the end, in bytes. */
export const END_OF_ARCHIVE_SIZE = 2 * BLOCK_SIZE

/** Eleven octal digits: the greatest size that a ustar header can say, in bytes. */
const MAX_USTAR_SIZE = 8 ** 11 - 1

/** Bytes from the end of `size` bytes of data to the next block. */
export function padding(size: number): number {
  return (BLOCK_SIZE - (size % BLOCK_SIZE)) % BLOCK_SIZE
}

/**
 * The one header that Waybill writes for a regular file of `size` bytes: ustar, mode 0644, everything else zero or
 * empty (POSIX.1-2017 pax, "ustar Interchange Format"). What ustar cannot say (8 GiB or more, a name that does not
 * divide into 155 and 100 bytes at a slash) is preceded by a pax extended header with just those records.
 * Throws `INVALID_ENTRY` for a name or a size that no header can say.
 */
export function encodeHeader(name: string, size: number): Uint8Array {
  const fields = fieldsOf(name, size)
  return encodeFields(fields, Buffer.alloc(BLOCK_SIZE))
}

/** The length of that header, in bytes. Throws `INVALID_ENTRY`. */
export function headerSize(name: string, size: number): number {
  const { records } = fieldsOf(name, size)
  if (records.length === 0) return BLOCK_SIZE
  const { length } = encodePaxRecords(records)
  return 2 * BLOCK_SIZE + length + padding(length)
}

/** A hundred thousand headers to be compared would leave as many buffers behind. */
const scratch = Buffer.alloc(BLOCK_SIZE)

/** Whether bytes are the header that `encodeHeader` makes. Throws `INVALID_ENTRY`. */
export function isHeaderOf(bytes: Uint8Array, name: string, size: number): boolean {
  return Buffer.compare(bytes, encodeFields(fieldsOf(name, size), scratch.fill(0))) === 0
}

interface HeaderFields extends NameFields {
  size: number
  /** What ustar cannot say. */
  records: [string, string][]
  /** The whole name. */
  bytes: Buffer
}

function fieldsOf(name: string, size: number): HeaderFields {
  checkEntry(name, size)
  const bytes = Buffer.from(name)
  const split = splitName(bytes)
  const records: [string, string][] = []
  if (split === undefined) records.push(["path", name])
  if (size > MAX_USTAR_SIZE) records.push(["size", String(size)])
  const names = split ?? { prefix: Buffer.alloc(0), name: bytes.subarray(0, FIELDS.name.length) }
  return { ...names, size: size > MAX_USTAR_SIZE ? 0 : size, records, bytes }
}

/** `block`, which is all zeros, becomes the header itself. */
function encodeFields(fields: HeaderFields, block: Buffer): Uint8Array {
  const main = encodeBlock(fields, fields.size, "0", block)
  if (fields.records.length === 0) return main
  const data = encodePaxRecords(fields.records)
  const lastPart = fields.bytes.subarray(fields.bytes.lastIndexOf("/") + 1)
  const paxName = Buffer.concat([Buffer.from("PaxHeaders/"), lastPart]).subarray(0, FIELDS.name.length)
  const names = { prefix: Buffer.alloc(0), name: paxName }
  const extended = encodeBlock(names, data.length, "x", Buffer.alloc(BLOCK_SIZE))
  return Buffer.concat([extended, data, Buffer.alloc(padding(data.length)), main])
}

function checkEntry(name: string, size: number): void {
  if (name === "" || name.includes("\0") || name.endsWith("/") || !name.isWellFormed()) {
    throw new ArchiveError("INVALID_ENTRY", `${quote(name)} cannot be the name of a file in an archive`)
  }
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new ArchiveError("INVALID_ENTRY", `${quote(name)} cannot have ${size} bytes`)
  }
}

interface NameFields {
  prefix: Buffer
  name: Buffer
}

/** Divides a name at the last slash that leaves a prefix of at most 155 bytes, if that leaves at most 100 behind it. */
function splitName(bytes: Buffer): NameFields | undefined {
  if (bytes.length <= FIELDS.name.length) return { prefix: Buffer.alloc(0), name: bytes }
  const slash = bytes.lastIndexOf("/", FIELDS.prefix.length)
  if (slash <= 0 || bytes.length - slash - 1 > FIELDS.name.length) return undefined
  return { prefix: bytes.subarray(0, slash), name: bytes.subarray(slash + 1) }
}

function encodeBlock(names: NameFields, size: number, typeFlag: string, block: Buffer): Buffer {
  const put = (field: Field, value: Buffer | string) => Buffer.from(value).copy(block, field.offset)
  const octal = (field: Field, value: number) => put(field, value.toString(8).padStart(field.length - 1, "0"))
  put(FIELDS.name, names.name)
  octal(FIELDS.mode, 0o644)
  octal(FIELDS.uid, 0)
  octal(FIELDS.gid, 0)
  octal(FIELDS.size, size)
  octal(FIELDS.mtime, 0)
  put(FIELDS.typeFlag, typeFlag)
  put(FIELDS.magic, "ustar\x0000")
  octal(FIELDS.deviceMajor, 0)
  octal(FIELDS.deviceMinor, 0)
  put(FIELDS.prefix, names.prefix)
  put(FIELDS.checksum, `${checksumOf(block).unsigned.toString(8).padStart(6, "0")}\0 `)
  return block
}
