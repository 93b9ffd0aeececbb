import { ArchiveError } from "./archive-error.ts"
import { BLOCK_SIZE } from "./header.ts"
import { decodeHeaderBlock, hasMagic, isZero } from "./header-block.ts"

const COMPRESSIONS: readonly { name: string; magic: readonly number[] }[] = [
  { name: "gzip", magic: [0x1f, 0x8b] },
  { name: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: "xz", magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a] },
  { name: "bzip2", magic: [0x42, 0x5a, 0x68] },
]

/**
 * Tells a file that is something else from a damaged archive, by its first block, which may be short.
 * Throws `NOT_AN_ARCHIVE`.
 */
export function refuseOtherFormats(block: Uint8Array, origin: string): void {
  const compression = COMPRESSIONS.find(({ magic }) => magic.every((byte, at) => block[at] === byte))
  if (compression !== undefined) {
    const { name } = compression
    throw notAnArchive(origin, `it is compressed with ${name}`, `decompress it first (${name} -d)`)
  }
  if (block.length < BLOCK_SIZE) {
    throw notAnArchive(origin, block.length === 0 ? "it is empty" : `it has only ${block.length} bytes`)
  }
  if (hasMagic(block) || isZero(block)) return
  try {
    decodeHeaderBlock(block, origin, 0)
  } catch (cause) {
    throw notAnArchive(origin, "its first block is no header", undefined, cause)
  }
}

function notAnArchive(
  origin: string,
  reason: string,
  hint = "check that this is the right file and that it was copied whole",
  cause?: unknown,
): ArchiveError {
  return new ArchiveError("NOT_AN_ARCHIVE", `${origin} is not a tar archive: ${reason}`, {
    offset: 0,
    hint,
    cause,
  })
}
