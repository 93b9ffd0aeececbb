import { END_OF_ARCHIVE_SIZE, encodeHeader, padding } from "./header.ts"

export interface PlannedFile {
  name: string
  size: number
  header: Uint8Array
  headerOffset: number
  /** Where the data begins. */
  offset: number
}

export interface ArchivePlan {
  files: PlannedFile[]
  /** Of the whole archive, with the two zero blocks that end it. */
  size: number
}

/** Lays out an archive of files whose names and sizes, in bytes, are known. Throws `INVALID_ENTRY`. */
export function planArchive(files: readonly { name: string; size: number }[]): ArchivePlan {
  let position = 0
  const planned = files.map(({ name, size }) => {
    const header = encodeHeader(name, size)
    const headerOffset = position
    const offset = headerOffset + header.length
    position = offset + size + padding(size)
    return { name, size, header, headerOffset, offset }
  })
  return { files: planned, size: position + END_OF_ARCHIVE_SIZE }
}
