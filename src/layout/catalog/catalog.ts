import type { OperationOptions } from "../../content/interfaces.ts"
import type { LockPatience } from "../../content/lock-wait.ts"
import { CatalogFile } from "./catalog-file.ts"
import { ContentRows } from "./content-rows.ts"
import { DepartingTagRows } from "./departing-tag-rows.ts"
import { DigestRows } from "./digest-rows.ts"
import { IndexFileRows } from "./index-file-rows.ts"
import { LeaseRows } from "./lease-rows.ts"
import { NeedRows } from "./need-rows.ts"
import { TagRows } from "./tag-rows.ts"
import { Unneeded } from "./unneeded.ts"
import { UploadRows } from "./upload-rows.ts"

/**
 * What belongs to which repository of a content store, and what is being pushed: the layout itself knows only blobs
 * and tags. Every change is one transaction, in which files get their names and are removed as well: a row comes
 * with its file, and a file that no row tells of is collected.
 */
export class Catalog {
  readonly needs: NeedRows
  /** What belongs to nobody: its files may go at any moment. */
  readonly condemned: DigestRows
  /** What was found to be damaged when it was read: it counts as missing until it is replaced, or put right. */
  readonly damaged: DigestRows
  readonly content: ContentRows
  readonly index: IndexFileRows
  readonly tags: TagRows
  readonly departing: DepartingTagRows
  readonly uploads: UploadRows
  readonly leases: LeaseRows
  readonly #file: CatalogFile

  private constructor(file: CatalogFile) {
    this.#file = file
    this.needs = new NeedRows(file)
    this.condemned = new DigestRows(file, "condemned")
    this.damaged = new DigestRows(file, "damaged")
    this.content = new ContentRows(file, this.needs, this.condemned)
    this.index = new IndexFileRows(file)
    this.tags = new TagRows(file, this.index)
    this.departing = new DepartingTagRows(file)
    this.uploads = new UploadRows(file, this.content)
    this.leases = new LeaseRows(file)
  }

  /** Opens its file, and makes it where there is none. Throws what `CatalogFile.open` throws. */
  static async open(path: string, patience?: LockPatience): Promise<Catalog> {
    return new Catalog(await CatalogFile.open(path, patience))
  }

  /** See `CatalogFile.transaction`. */
  transaction<Result>(work: () => Result, options?: OperationOptions): Promise<Result> {
    return this.#file.transaction(work, options)
  }

  /** See `CatalogFile.note`. */
  note<Result>(work: () => Result): Promise<Result> {
    return this.#file.note(work)
  }

  /** See `CatalogFile.read`. */
  read<Result>(work: () => Result): Promise<Result> {
    return this.#file.read(work)
  }

  /** Begins to find out what no repository needs. */
  unneeded(): Unneeded {
    return new Unneeded(this.#file, this.condemned)
  }

  /** Takes all from a repository, in a transaction. */
  removeRepository(repository: string): void {
    for (const rows of [this.tags, this.departing, this.content, this.uploads])
      rows.removeRepository(repository)
  }

  close(): void {
    this.#file.close()
  }
}
