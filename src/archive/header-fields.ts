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
  const { offset, length } = FIELDS.checksum
  let unsigned = length * 0x20
  let signed = unsigned
  // Not over the entries of the block: a bundle may have a hundred thousand headers.
  for (let at = 0; at < block.length; at++) {
    if (at === offset) at += length
    const byte = block[at] ?? 0
    unsigned += byte
    signed += byte > 0x7f ? byte - 0x100 : byte
  }
  return { unsigned, signed }
}
