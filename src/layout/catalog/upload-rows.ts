import type { CatalogFile } from "./catalog-file.ts"
import type { ContentRows } from "./content-rows.ts"

interface UploadRow {
  id: string
  repository: string
  /** The instance that writes to it at the moment; empty for none. */
  holder: string
}

/** What is being uploaded: table `uploads`. */
export class UploadRows {
  readonly #file: CatalogFile
  readonly #content: ContentRows

  constructor(file: CatalogFile, content: ContentRows) {
    this.#file = file
    this.#content = content
  }

  add({ id, repository }: Pick<UploadRow, "id" | "repository">, now: number): void {
    this.#file.run(
      "insert into uploads (id, repository, holder, touched_at) values (?, ?, '', ?)",
      id,
      repository,
      now,
    )
    this.#content.touch(repository, now)
  }

  find(id: string): UploadRow | undefined {
    return this.#file.get<UploadRow>("select id, repository, holder from uploads where id = ?", id)
  }

  setHolder(id: string, holder: string): void {
    this.#file.run("update uploads set holder = ? where id = ?", holder, id)
  }

  touch(id: string, repository: string, now: number): void {
    this.#file.run("update uploads set touched_at = ? where id = ?", now, id)
    this.#content.touch(repository, now)
  }

  isTouchedSince(id: string, since: number): boolean {
    return this.#file.get("select 1 from uploads where id = ? and touched_at > ?", id, since) !== undefined
  }

  remove(id: string): void {
    this.#file.run("delete from uploads where id = ?", id)
  }

  /** Those that nobody has touched since. */
  forget(since: number): void {
    this.#file.run("delete from uploads where touched_at <= ?", since)
  }

  /** Takes all from a repository. */
  removeRepository(repository: string): void {
    this.#file.run("delete from uploads where repository = ?", repository)
  }
}
