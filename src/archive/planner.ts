import { END_OF_ARCHIVE_SIZE, headerSize, padding } from "./header.ts"

export interface FileToPlan {
  name: string
  size: number
}

/** The places of a file in an archive, in bytes from its beginning. Its header is what `encodeHeader` makes of name and size. */
export interface Place {
  headerOffset: number
  /** Where the data begins. */
  offset: number
}

export interface ArchivePlan<File extends FileToPlan> {
  files: (File & Place)[]
  /** Of the whole archive, with the two zero blocks that end it. */
  size: number
}

/** Lays out an archive of files whose names and sizes, in bytes, are known. Throws `INVALID_ENTRY`. */
export function planArchive<File extends FileToPlan>(files: readonly File[]): ArchivePlan<File> {
  let position = 0
  const planned = files.map((file) => {
    const headerOffset = position
    const offset = headerOffset + headerSize(file.name, file.size)
    position = offset + file.size + padding(file.size)
    return { ...file, headerOffset, offset }
  })
  return { files: planned, size: position + END_OF_ARCHIVE_SIZE }
}
