/** A field of a header block, in bytes. */
export interface Field {
  offset: number
  length: number
}

/** Those that are read (POSIX.1-2017 pax, "ustar Interchange Format"); `magic` includes the version behind it. */
export const FIELDS = {
  name: { offset: 0, length: 100 },
  size: { offset: 124, length: 12 },
  checksum: { offset: 148, length: 8 },
  typeFlag: { offset: 156, length: 1 },
  linkName: { offset: 157, length: 100 },
  magic: { offset: 257, length: 8 },
  prefix: { offset: 345, length: 155 },
} as const satisfies Record<string, Field>

/** The sum of a header's bytes with the checksum field read as spaces; old tars summed signed bytes. */
export function checksumOf(block: Uint8Array): { unsigned: number; signed: number } {
  let unsigned = 0
  let signed = 0
  const field = FIELDS.checksum
  for (const [at, byte] of block.entries()) {
    const value = at >= field.offset && at < field.offset + field.length ? 0x20 : byte
    unsigned += value
    signed += value > 0x7f ? value - 0x100 : value
  }
  return { unsigned, signed }
}
