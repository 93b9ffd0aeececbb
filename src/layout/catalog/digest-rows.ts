import type { Digest } from "../../oci/digest.ts"
import type { CatalogFile } from "./catalog-file.ts"

/** A set of digests that says one thing of them all: table `condemned` or `damaged`. */
export class DigestRows {
  readonly #file: CatalogFile
  readonly #table: "condemned" | "damaged"

  constructor(file: CatalogFile, table: "condemned" | "damaged") {
    this.#file = file
    this.#table = table
  }

  has(digest: Digest): boolean {
    return this.#file.get(`select 1 from ${this.#table} where digest = ?`, digest) !== undefined
  }

  /** Some of them, up to `limit`. */
  list(limit: number): Digest[] {
    const rows = this.#file.all<{ digest: Digest }>(`select digest from ${this.#table} limit ?`, limit)
    return rows.map(({ digest }) => digest)
  }

  add(digest: Digest): void {
    this.#file.run(`insert into ${this.#table} (digest) values (?) on conflict do nothing`, digest)
  }

  remove(digest: Digest): void {
    this.#file.run(`delete from ${this.#table} where digest = ?`, digest)
  }
}
