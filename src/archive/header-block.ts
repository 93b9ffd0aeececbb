import { ArchiveError } from "./archive-error.ts"
import { checksumOf, FIELDS, type Field } from "./header-fields.ts"

/** What one header block says by itself, before extended headers change it. */
export interface HeaderBlock {
  typeFlag: string
  size: number
  name: Uint8Array
  linkName: Uint8Array
}

/**
 * Decodes a header of any common format: v7, ustar, GNU, with sizes in octal or base 256.
 * Throws `BAD_CHECKSUM`, or `BAD_HEADER` for a size that is none. `where` goes into the messages.
 */
export function decodeHeaderBlock(block: Uint8Array, where: string, offset: number): HeaderBlock {
  const sums = checksumOf(block)
  const stated = parseOctal(fieldOf(block, FIELDS.checksum))
  if (stated === undefined || (stated !== sums.unsigned && stated !== sums.signed)) {
    throw new ArchiveError(
      "BAD_CHECKSUM",
      `${where}: the checksum of the header at byte ${offset} is wrong`,
      {
        offset,
        hint: "the file was altered or damaged on its way; get it again from where it was made",
      },
    )
  }
  const size = parseNumber(fieldOf(block, FIELDS.size))
  if (size === undefined) {
    throw new ArchiveError("BAD_HEADER", `${where}: the header at byte ${offset} has no valid size`, {
      offset,
    })
  }
  return {
    typeFlag: String.fromCharCode(block[FIELDS.typeFlag.offset] ?? 0),
    size,
    name: nameOf(block),
    linkName: untilNul(fieldOf(block, FIELDS.linkName)),
  }
}

/** Whether the block bears the mark of a ustar or GNU header. */
export function hasMagic(block: Uint8Array): boolean {
  return Buffer.from(fieldOf(block, FIELDS.magic)).toString("latin1").startsWith("ustar")
}

/** Whether all bytes are zero, as those of the end-of-archive marker and of padding are. */
export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}

/** GNU headers ("ustar  \0") keep times where ustar ones ("ustar\0") keep the prefix. */
function nameOf(block: Uint8Array): Uint8Array {
  const name = untilNul(fieldOf(block, FIELDS.name))
  const prefix = untilNul(fieldOf(block, FIELDS.prefix))
  const isUstar = hasMagic(block) && block[FIELDS.magic.offset + 5] === 0
  return isUstar && prefix.length > 0 ? Buffer.concat([prefix, Buffer.from("/"), name]) : name
}

function fieldOf(block: Uint8Array, field: Field): Uint8Array {
  return block.subarray(field.offset, field.offset + field.length)
}

/** The part of a field that counts. */
export function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0)
  return end < 0 ? bytes : bytes.subarray(0, end)
}

function parseNumber(field: Uint8Array): number | undefined {
  return (field[0] ?? 0) & 0x80 ? parseBase256(field) : parseOctal(field)
}

function parseOctal(field: Uint8Array): number | undefined {
  const digits = /^[ \0]*([0-7]*)[ \0]*$/.exec(Buffer.from(field).toString("latin1"))?.[1]
  return digits === undefined ? undefined : Number.parseInt(`0${digits}`, 8)
}

/** GNU's way past eleven octal digits: the first bit set, then a signed big-endian number. Negative ones are refused. */
function parseBase256(field: Uint8Array): number | undefined {
  if (field[0] !== 0x80) return undefined
  let value = 0
  for (const byte of field.subarray(1)) {
    value = value * 256 + byte
    if (!Number.isSafeInteger(value)) return undefined
  }
  return value
}
