import { isUtf8 } from "node:buffer"
import { Header } from "tar/header"
import { ArchiveError } from "./archive-error.ts"
import { BLOCK_SIZE } from "./header.ts"
import { checksumOf, FIELDS, type Field } from "./header-fields.ts"

/** A type of old tapes, whose data is read as that of a file. */
const CONTIGUOUS_FILE = "7"
const USTAR = "ustar\x0000"
const USTAR_LETTERS = Buffer.from("ustar")

/** What one header block says by itself, before extended headers change it. Names that are not UTF-8 are undefined. */
export interface HeaderBlock {
  typeFlag: string
  size: number
  name: string | undefined
  linkName: string | undefined
}

/**
 * Decodes a header of any common format: v7, ustar, GNU, with sizes in octal or base 256.
 * Throws `BAD_CHECKSUM`, or `BAD_HEADER` for a size that is none. `where` goes into the messages.
 */
export function decodeHeaderBlock(block: Uint8Array, where: string, offset: number): HeaderBlock {
  if (!hasChecksum(block)) {
    throw new ArchiveError(
      "BAD_CHECKSUM",
      `${where}: the checksum of the header at byte ${offset} is wrong`,
      {
        offset,
        hint: "the file was altered or damaged on its way; get it again from where it was made",
      },
    )
  }
  if (!isSize(fieldOf(block, FIELDS.size))) {
    throw new ArchiveError("BAD_HEADER", `${where}: the header at byte ${offset} has no valid size`, {
      offset,
    })
  }
  const header = new Header(plainBlock(block))
  return {
    typeFlag: String.fromCharCode(block[FIELDS.typeFlag.offset] ?? 0),
    size: header.size ?? 0,
    // It puts another character where bytes are not UTF-8, so that two names could become one.
    name: isUtf8(nameOf(block)) ? header.path : undefined,
    linkName: isUtf8(untilNul(fieldOf(block, FIELDS.linkName))) ? header.linkpath : undefined,
  }
}

/** Whether the block bears the mark of a ustar or GNU header. */
export function hasMagic(block: Uint8Array): boolean {
  return USTAR_LETTERS.every((letter, at) => block[FIELDS.magic.offset + at] === letter)
}

/** Whether all bytes are zero, as those of the end-of-archive marker and of padding are. */
export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}

/**
 * A copy for node-tar's `Header` to decode, with just the fields that are asked for, each checked and cut at its end. In
 * the block itself it takes `12x` for 12, goes on behind the end of a name that has a line feed after it, and
 * fails over fields that nobody asks for.
 */
function plainBlock(block: Uint8Array): Buffer {
  const plain = Buffer.alloc(BLOCK_SIZE)
  plain.set(untilNul(fieldOf(block, FIELDS.name)), FIELDS.name.offset)
  plain.set(untilNul(fieldOf(block, FIELDS.linkName)), FIELDS.linkName.offset)
  const size = fieldOf(block, FIELDS.size)
  const digits = octalDigits(size)
  if (digits === undefined) plain.set(size, FIELDS.size.offset)
  else plain.write(digits, FIELDS.size.offset, "latin1")
  // It leaves out the size of what it takes for a directory; here that is refused, so the size has to be seen.
  plain.write(CONTIGUOUS_FILE, FIELDS.typeFlag.offset, "latin1")
  const prefix = prefixOf(block)
  if (prefix.length > 0) {
    plain.write(USTAR, FIELDS.magic.offset, "latin1")
    plain.set(prefix, FIELDS.prefix.offset)
  }
  return plain
}

/** GNU headers ("ustar  \0") keep times where ustar ones ("ustar\0") keep the prefix. */
function isUstar(block: Uint8Array): boolean {
  return hasMagic(block) && block[FIELDS.magic.offset + 5] === 0
}

function prefixOf(block: Uint8Array): Uint8Array {
  return isUstar(block) ? untilNul(fieldOf(block, FIELDS.prefix)) : new Uint8Array()
}

function nameOf(block: Uint8Array): Uint8Array {
  const name = untilNul(fieldOf(block, FIELDS.name))
  const prefix = prefixOf(block)
  return prefix.length > 0 ? Buffer.concat([prefix, Buffer.from("/"), name]) : name
}

function fieldOf(block: Uint8Array, field: Field): Uint8Array {
  return block.subarray(field.offset, field.offset + field.length)
}

/** The part of a field that counts. */
export function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0)
  return end < 0 ? bytes : bytes.subarray(0, end)
}

/** The sum of the bytes with those of the checksum as spaces, as POSIX has it, or of signed bytes, as in old tars. */
function hasChecksum(block: Uint8Array): boolean {
  const digits = octalDigits(fieldOf(block, FIELDS.checksum))
  if (digits === undefined) return false
  const stated = Number.parseInt(`0${digits}`, 8)
  const sums = checksumOf(block)
  return stated === sums.unsigned || stated === sums.signed
}

/** Octal digits between spaces and zero bytes, none for zero; `undefined` for anything else. */
function octalDigits(field: Uint8Array): string | undefined {
  const text = Buffer.from(field.buffer, field.byteOffset, field.length).toString("latin1")
  return /^[ \0]*([0-7]*)[ \0]*$/.exec(text)?.[1]
}

/** Octal, or GNU's way past eleven digits: the first bit set, then a big-endian number, here one that is a safe integer. */
function isSize(field: Uint8Array): boolean {
  if (octalDigits(field) !== undefined) return true
  const [mark, ...number] = field
  return mark === 0x80 && BigInt(`0x${Buffer.from(number).toString("hex")}`) <= Number.MAX_SAFE_INTEGER
}
