import type { Digest } from "../../oci/digest.ts"
import type { CatalogFile } from "./catalog-file.ts"
import type { IndexFileRows } from "./index-file-rows.ts"

export interface TagRow {
  repository: string
  tag: string
  /** What stands in `index.json`, without the name: JSON. */
  entry: string
}

/** The tags of all repositories, which `index.json` follows: tables `tags` and `tag_counts`. */
export class TagRows {
  readonly #file: CatalogFile
  readonly #index: IndexFileRows

  constructor(file: CatalogFile, index: IndexFileRows) {
    this.#file = file
    this.#index = index
  }

  /** What a tag points to: its entry in `index.json`, without the name. */
  find(repository: string, tag: string): string | undefined {
    const sql = "select entry from tags where repository = ? and tag = ?"
    return this.#file.get<TagRow>(sql, repository, tag)?.entry
  }

  /** Of a repository, those behind `after` in order of their bytes; all of them for a limit of -1. */
  list(repository: string, after: string, limit: number): string[] {
    const rows = this.#file.all<TagRow>(
      "select tag from tags where repository = ? and tag > ? order by tag limit ?",
      ...[repository, after, limit],
    )
    return rows.map(({ tag }) => tag)
  }

  has(repository: string, tag: string): boolean {
    return (
      this.#file.get("select 1 from tags where repository = ? and tag = ?", repository, tag) !== undefined
    )
  }

  isTagged(repository: string, digest: Digest): boolean {
    return (
      this.#file.get("select 1 from tags where repository = ? and digest = ? limit 1", repository, digest) !==
      undefined
    )
  }

  /** `entry` is what stands in `index.json`, without the name. */
  put(repository: string, tag: string, digest: Digest, entry: string): void {
    this.#file.run(
      `insert into tags (repository, tag, digest, entry) values (?, ?, ?, ?)
       on conflict do update set digest = excluded.digest, entry = excluded.entry`,
      ...[repository, tag, digest, entry],
    )
    this.#index.noteChange()
  }

  remove(repository: string, tag: string): void {
    this.#file.run("delete from tags where repository = ? and tag = ?", repository, tag)
    this.#index.noteChange()
  }

  removeAllOf(repository: string, digest: Digest): void {
    this.#file.run("delete from tags where repository = ? and digest = ?", repository, digest)
    this.#index.noteChange()
  }

  /** Keeps the tags that are named `<repository>:<tag>` here alone. */
  removeAllBut(names: ReadonlySet<string>): void {
    for (const { repository, tag } of this.#file.all<TagRow>("select repository, tag from tags")) {
      if (!names.has(`${repository}:${tag}`)) this.remove(repository, tag)
    }
  }

  /** Of a repository, and of all in its organization. */
  count(repository: string): { repository: number; organization: number } {
    const [organization = ""] = repository.split("/")
    const own = this.#file.get<{ count: number }>(
      "select count from tag_counts where repository = ?",
      repository,
    )
    const all = this.#file.get<{ count: number }>(
      "select coalesce(sum(count), 0) as count from tag_counts where organization = ?",
      organization,
    )
    return { repository: own?.count ?? 0, organization: all?.count ?? 0 }
  }

  /** In the order in which `index.json` has them, those behind `after`. */
  page(after: { repository: string; tag: string }, limit: number): TagRow[] {
    return this.#file.all<TagRow>(
      `select repository, tag, entry from tags where (repository, tag) > (?, ?)
       order by repository, tag limit ?`,
      ...[after.repository, after.tag, limit],
    )
  }

  /** Takes all from a repository. */
  removeRepository(repository: string): void {
    this.#file.run("delete from tags where repository = ?", repository)
    this.#file.run("delete from tag_counts where repository = ?", repository)
    this.#index.noteChange()
  }
}
