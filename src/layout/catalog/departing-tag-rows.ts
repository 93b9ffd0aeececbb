import type { Digest } from "../../oci/digest.ts"
import type { CatalogFile } from "./catalog-file.ts"

interface DepartingTag {
  tag: string
  digest: Digest
}

/** Tags that go as soon as what needs `root` in their repository does: table `departing_tags`. */
export class DepartingTagRows {
  readonly #file: CatalogFile

  constructor(file: CatalogFile) {
    this.#file = file
  }

  add(repository: string, root: Digest, { tag, digest }: DepartingTag): void {
    this.#file.run(
      "insert or replace into departing_tags (repository, tag, digest, root) values (?, ?, ?, ?)",
      ...[repository, tag, digest, root],
    )
  }

  /** One that is set again stays. */
  remove(repository: string, tag: string): void {
    this.#file.run("delete from departing_tags where repository = ? and tag = ?", repository, tag)
  }

  removeAllOf(repository: string, root: Digest): void {
    this.#file.run("delete from departing_tags where repository = ? and root = ?", repository, root)
  }

  list(repository: string, root: Digest): DepartingTag[] {
    return this.#file.all<DepartingTag>(
      "select tag, digest from departing_tags where repository = ? and root = ?",
      ...[repository, root],
    )
  }

  listRoots(): { repository: string; root: Digest }[] {
    return this.#file.all("select distinct repository, root from departing_tags")
  }

  /** Takes all from a repository. */
  removeRepository(repository: string): void {
    this.#file.run("delete from departing_tags where repository = ?", repository)
  }
}
