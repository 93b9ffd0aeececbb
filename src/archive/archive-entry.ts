/**
 * - `file`: has data (also for the contiguous files of old tapes)
 * - `link`: a hard link; `symlink` and `link` carry `linkName`
 * - `other`: devices, FIFOs and what other tools invented
 */
export type ArchiveEntryType = "file" | "directory" | "symlink" | "link" | "other"

/** One entry of an archive. Offsets and sizes are in bytes; offsets count from the archive's beginning. */
export interface ArchiveEntry {
  name: string
  /** Of the data; 0 for types that have none. */
  size: number
  type: ArchiveEntryType
  linkName?: string | undefined
  /** The character that the header gives as type; "\0" in very old archives. */
  typeFlag: string
  /** Every byte between the previous entry's padded end and the data: extended headers and the header itself. Good until the next entry is asked for. */
  header: Uint8Array
  headerOffset: number
  /** Where the data begins. */
  offset: number
}
