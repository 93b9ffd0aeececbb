import type { Descriptor } from "../../oci/descriptor.ts"
import type { CatalogFile } from "./catalog-file.ts"

/** What is known of `index.json`. */
export interface IndexFileRow {
  /** What it holds beside its entries: JSON. */
  head: string
  /** Which file it is: another one when it is replaced. `null` where that is to be found out. */
  identity: string | null
  /** SHA-256 of what was written last, and of what is being written, in hex. */
  hash: string | null
  next_hash: string | null
  /** Counts the changes of tags, and up to which of them were written. -1: the file was never written. */
  changes: number
  written: number
}

/** What `index.json` held when it was written last, and what nobody's tags are in it: tables `index_file` and `others`. */
export class IndexFileRows {
  readonly #file: CatalogFile

  constructor(file: CatalogFile) {
    this.#file = file
  }

  /** Entries of `index.json` that are nobody's tags, as JSON. */
  listOthers(): string[] {
    return this.#file
      .all<{ entry: string }>("select entry from others order by position")
      .map(({ entry }) => entry)
  }

  /** `head` is what `index.json` holds beside its entries. */
  replaceOthers(head: object, others: readonly Descriptor[]): void {
    this.#file.run("delete from others")
    for (const entry of others) {
      this.#file.run("insert into others (digest, entry) values (?, ?)", entry.digest, JSON.stringify(entry))
    }
    this.#file.run("update index_file set head = ?", JSON.stringify(head))
    this.noteChange()
  }

  known(): IndexFileRow {
    return this.#file.get<IndexFileRow>("select * from index_file") as IndexFileRow
  }

  /** Notes what is known of `index.json` from now on. */
  note(row: Partial<Omit<IndexFileRow, "head" | "changes">>): void {
    for (const [column, value] of Object.entries(row))
      this.#file.run(`update index_file set ${column} = ?`, value)
  }

  /** Counts a change of what it has to hold. */
  noteChange(): void {
    this.#file.run("update index_file set changes = changes + 1")
  }
}
