import type { Digest } from "../../oci/digest.ts"
import type { CatalogFile } from "./catalog-file.ts"

/**
 * Why something is held:
 * - `push`: what the repository gets or claims from now on stays.
 * - `recording`: the digests stay in the repository, with all that they need, until a release is recorded that needs them.
 * - `removal`: the digest is about to leave the repository, or all of it is: nothing new may come to need it.
 * - `collection`: garbage is being collected. Recordings that end meanwhile are kept on, since the releases that
 *   the collector has asked for may lack theirs.
 */
export type LeaseKind = "push" | "recording" | "removal" | "collection"

/** A removal of a repository with all that is in it. */
const IS_REPOSITORY_REMOVAL =
  "kind = 'removal' and not exists (select 1 from lease_digests where lease = leases.id)"

export interface LeaseRow {
  id: string
  kind: LeaseKind
  repository: string
  holder: string
  /** In milliseconds since 1970: what came since is kept, and when its holder last said that it lives. */
  since: number
  seen_at: number
}

/** What running processes rely on: tables `leases` and `lease_digests`. */
export class LeaseRows {
  readonly #file: CatalogFile

  constructor(file: CatalogFile) {
    this.#file = file
  }

  add({ id, kind, repository, holder, since, seen_at }: LeaseRow, digests: readonly Digest[]): void {
    this.#file.run(
      `insert into leases (id, kind, repository, holder, since, seen_at, has_ended) values (?, ?, ?, ?, ?, ?, 0)`,
      ...[id, kind, repository, holder, since, seen_at],
    )
    for (const digest of new Set(digests)) {
      this.#file.run("insert into lease_digests (lease, digest) values (?, ?)", id, digest)
    }
  }

  /** Of a kind in a repository, those that have not ended and were renewed since. */
  list(kind: LeaseKind, repository: string, seenSince: number): LeaseRow[] {
    return this.#file.all<LeaseRow>(
      `select id, kind, repository, holder, since, seen_at from leases
       where kind = ? and repository = ? and has_ended = 0 and seen_at >= ?`,
      ...[kind, repository, seenSince],
    )
  }

  digestsOf(id: string): Digest[] {
    return this.#file
      .all<{ digest: Digest }>("select digest from lease_digests where lease = ?", id)
      .map(({ digest }) => digest)
  }

  listHolders(): string[] {
    return this.#file
      .all<{ holder: string }>("select distinct holder from leases")
      .map(({ holder }) => holder)
  }

  /** Removals of whole repositories. */
  listRepositoryRemovals(): LeaseRow[] {
    return this.#file.all<LeaseRow>(`select * from leases where ${IS_REPOSITORY_REMOVAL}`)
  }

  forgetRepositoryRemoval(repository: string): void {
    this.#file.run(`delete from leases where repository = ? and ${IS_REPOSITORY_REMOVAL}`, repository)
  }

  renew(id: string, now: number): void {
    this.#file.run("update leases set seen_at = ? where id = ?", now, id)
  }

  /** A recording that ends while garbage is collected is kept until that has ended. */
  end(id: string, kind: LeaseKind): void {
    const isKept = kind === "recording" && this.#file.get("select 1 from leases where kind = 'collection'")
    if (isKept) this.#file.run("update leases set has_ended = 1 where id = ?", id)
    else this.#file.run("delete from leases where id = ?", id)
    if (kind === "collection") this.#file.run("delete from leases where has_ended = 1")
  }

  /** Forgets what has ended, what earlier collections left, and what nobody renewed since; not removals of repositories. */
  forgetEnded(seenSince: number): void {
    this.#file.run(
      `delete from leases where not (${IS_REPOSITORY_REMOVAL})
       and (has_ended = 1 or kind = 'collection' or seen_at < ?)`,
      seenSince,
    )
  }

  /** Forgets what an instance held, but for removals of repositories: those are to be finished. */
  forgetHolder(holder: string): void {
    this.#file.run(`delete from leases where holder = ? and not (${IS_REPOSITORY_REMOVAL})`, holder)
  }
}
