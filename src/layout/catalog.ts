import { DatabaseSync, type StatementSync } from "node:sqlite"
import { type Descriptor, descriptorSchema } from "../oci/descriptor.ts"
import type { Digest } from "../oci/digest.ts"
import { describeReferrer, type Manifest, successors } from "../oci/manifest.ts"
import { LayoutError } from "./layout-error.ts"

/** How long a change waits for those of other processes, in milliseconds; each is over in a few. */
const BUSY_TIMEOUT = 30_000

/** In milliseconds: content is claimed anew only when its claim is older, so that asking again writes nothing. */
const CLAIM_STEP = 60_000

/** Repositories that are told of one blob. */
const MAX_HOLDERS = 100

const VERSION = 1

/**
 * Which repository has what. `edges` say what a manifest needs, in any repository. `claimed_at` is when a push last
 * relied on content. `condemned` blobs belong to nobody, and their files may go at any moment. `damaged` files were found
 * to be so when they were read, and count as missing until they are replaced.
 */
const SCHEMA = `
  create table repositories (name text primary key, pushed_at integer not null) strict, without rowid;
  create table blobs (
    repository text not null, digest text not null, claimed_at integer not null,
    primary key (repository, digest)
  ) strict, without rowid;
  create index blobs_digest on blobs (digest);
  create table manifests (
    repository text not null, digest text not null, descriptor text not null, subject text,
    claimed_at integer not null,
    primary key (repository, digest)
  ) strict, without rowid;
  create index manifests_digest on manifests (digest);
  create index manifests_subject on manifests (repository, subject) where subject is not null;
  create table edges (
    parent text not null, child text not null, primary key (parent, child)
  ) strict, without rowid;
  create index edges_child on edges (child);
  create table condemned (digest text primary key) strict, without rowid;
  create table damaged (digest text primary key) strict, without rowid;
  create table uploads (
    id text primary key, repository text not null, holder text not null, touched_at integer not null
  ) strict, without rowid;
  pragma user_version = ${VERSION};
`

interface UploadRow {
  id: string
  repository: string
  /** The process that writes to it at the moment; empty for none. */
  holder: string
}

/**
 * What belongs to which repository of a content store, and what is being pushed: the layout itself knows only blobs
 * and tags. Every change is one transaction, in which files get their names and are removed as well: a row comes
 * with its file, and a file that no row tells of is collected.
 */
export class Catalog {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  private constructor(path: string, database: DatabaseSync) {
    this.#path = path
    this.#database = database
  }

  /** Opens the file, and makes it where there is none. Throws `CANNOT_LOCK`, `NO_SPACE` where that cannot be. */
  static open(path: string): Catalog {
    try {
      const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT })
      database.exec("pragma journal_mode = wal; pragma synchronous = full")
      const catalog = new Catalog(path, database)
      if (catalog.#version() === 0) {
        catalog.transaction(() => {
          if (catalog.#version() === 0) database.exec(SCHEMA)
        })
      }
      if (catalog.#version() <= VERSION) return catalog
    } catch (error) {
      throw explain(error, path)
    }
    throw new LayoutError("NOT_A_LAYOUT", `${path} was written by a newer Waybill`, { hint: "use that one" })
  }

  close(): void {
    this.#database.close()
  }

  /** Does the work whole or not at all, while nobody else changes anything. */
  transaction<Result>(work: () => Result): Result {
    try {
      this.#database.exec("begin immediate")
      const result = work()
      this.#database.exec("commit")
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("rollback")
      throw explain(error, this.#path)
    }
  }

  /** A transaction that a power cut may undo, for what only helps while a process runs: it does not wait for the disk. */
  note<Result>(work: () => Result): Result {
    this.#database.exec("pragma synchronous = normal")
    try {
      return this.transaction(work)
    } finally {
      this.#database.exec("pragma synchronous = full")
    }
  }

  /** Does the work for its result alone: nothing of it stays. */
  rehearsal<Result>(work: () => Result): Result {
    const undone = new Error("a rehearsal")
    let result: { value: Result } | undefined
    try {
      this.transaction(() => {
        result = { value: work() }
        throw undone
      })
    } catch (error) {
      if (error !== undone || result === undefined) throw error
    }
    return (result as { value: Result }).value
  }

  exec(sql: string): void {
    this.#database.exec(sql)
  }

  all<Row>(sql: string, ...parameters: (string | number | null)[]): Row[] {
    return this.#prepare(sql).all(...parameters) as Row[]
  }

  get<Row>(sql: string, ...parameters: (string | number | null)[]): Row | undefined {
    return this.#prepare(sql).get(...parameters) as Row | undefined
  }

  /** Gives the number of rows that changed. */
  run(sql: string, ...parameters: (string | number | null)[]): number {
    return Number(this.#prepare(sql).run(...parameters).changes)
  }

  hasBlob(repository: string, digest: Digest): boolean {
    return (
      this.get("select 1 from blobs where repository = ? and digest = ?", repository, digest) !== undefined
    )
  }

  holders(digest: Digest): string[] {
    const rows = this.all<{ repository: string }>(
      "select repository from blobs where digest = ? limit ?",
      digest,
      MAX_HOLDERS,
    )
    return rows.map(({ repository }) => repository)
  }

  findManifest(repository: string, digest: Digest): Descriptor | undefined {
    const row = this.get<{ descriptor: string }>(
      "select descriptor from manifests where repository = ? and digest = ?",
      repository,
      digest,
    )
    return row && descriptorSchema.parse(JSON.parse(row.descriptor))
  }

  /** Of the manifests with this subject the one whose digest is next. */
  nextReferrer(repository: string, subject: Digest, after: string): Descriptor | undefined {
    const row = this.get<{ descriptor: string }>(
      `select descriptor from manifests where repository = ? and subject = ? and digest > ?
       order by digest limit 1`,
      repository,
      subject,
      after,
    )
    return row && descriptorSchema.parse(JSON.parse(row.descriptor))
  }

  /** Whether content is `root` or is needed by it, however deep. */
  reaches(root: Digest, digest: Digest): boolean {
    const found = this.get(
      `with recursive reached (digest) as (
         values (?) union select child from edges join reached on parent = reached.digest
       )
       select 1 from reached where digest = ?`,
      root,
      digest,
    )
    return found !== undefined
  }

  /** A manifest of the repository that needs this content. */
  needing(repository: string, digest: Digest): Digest | undefined {
    const found = this.get<{ parent: Digest }>(
      `select parent from edges join manifests on manifests.digest = parent
       where child = ? and repository = ? limit 1`,
      digest,
      repository,
    )
    return found?.parent
  }

  /** Whether content is in any repository. */
  isHeld(digest: Digest): boolean {
    const found = this.get(
      "select 1 from blobs where digest = ? union all select 1 from manifests where digest = ? limit 1",
      digest,
      digest,
    )
    return found !== undefined
  }

  condemn(digest: Digest): void {
    this.run("insert into condemned (digest) values (?) on conflict do nothing", digest)
  }

  pardon(digest: Digest): void {
    this.run("delete from condemned where digest = ?", digest)
  }

  isDamaged(digest: Digest): boolean {
    return this.get("select 1 from damaged where digest = ?", digest) !== undefined
  }

  noteDamage(digest: Digest): void {
    this.run("insert into damaged (digest) values (?) on conflict do nothing", digest)
  }

  /** The file is another one now, or was put right, or is gone. */
  forgetDamage(digest: Digest): void {
    this.run("delete from damaged where digest = ?", digest)
  }

  /** What a manifest that was once pushed needs, where it cannot be read any more. */
  childrenOf(digest: Digest): Digest[] {
    const rows = this.all<{ child: Digest }>("select child from edges where parent = ?", digest)
    return rows.map(({ child }) => child)
  }

  /** All that is in repositories, in order. */
  listHeld(): Digest[] {
    const rows = this.all<{ digest: Digest }>(
      "select digest from blobs union select digest from manifests order by digest",
    )
    return rows.map(({ digest }) => digest)
  }

  /** Whether the file of content may go at any moment. */
  isCondemned(digest: Digest): boolean {
    return this.get("select 1 from condemned where digest = ?", digest) !== undefined
  }

  /** Whether a push relied on this content so lately that saying so again is not worth a write. */
  isClaimed(kind: "blobs" | "manifests", repository: string, digest: Digest, now: number): boolean {
    const row = this.get<{ claimed_at: number }>(
      `select claimed_at from ${kind} where repository = ? and digest = ?`,
      repository,
      digest,
    )
    return row !== undefined && row.claimed_at > now - CLAIM_STEP
  }

  /** Gives a blob to a repository. The caller has seen that its file is there, in the same transaction. */
  addBlob(repository: string, digest: Digest, now: number): void {
    this.run(
      `insert into blobs (repository, digest, claimed_at) values (?, ?, ?)
       on conflict do update set claimed_at = excluded.claimed_at`,
      repository,
      digest,
      now,
    )
    this.#belongs(repository, digest, now)
  }

  /** Gives a manifest to a repository, with what it needs: `addBlob` says when. */
  addManifest(repository: string, descriptor: Descriptor, manifest: Manifest, now: number): void {
    const { digest } = descriptor
    this.run(
      `insert into manifests (repository, digest, descriptor, subject, claimed_at) values (?, ?, ?, ?, ?)
       on conflict do update set claimed_at = excluded.claimed_at, descriptor = excluded.descriptor`,
      repository,
      digest,
      JSON.stringify(describeReferrer(descriptor, manifest)),
      manifest.subject?.digest ?? null,
      now,
    )
    for (const child of successors(manifest)) {
      this.run("insert into edges (parent, child) values (?, ?) on conflict do nothing", digest, child.digest)
    }
    this.#belongs(repository, digest, now)
  }

  /** Says whether the manifest is there. */
  claimManifest(repository: string, digest: Digest, now: number): boolean {
    this.touch(repository, now)
    return (
      this.run(
        "update manifests set claimed_at = ? where repository = ? and digest = ?",
        now,
        repository,
        digest,
      ) > 0
    )
  }

  removeBlob(repository: string, digest: Digest): boolean {
    return this.run("delete from blobs where repository = ? and digest = ?", repository, digest) > 0
  }

  removeManifest(repository: string, digest: Digest): boolean {
    return this.run("delete from manifests where repository = ? and digest = ?", repository, digest) > 0
  }

  /** Notes that a repository is being pushed to. */
  touch(repository: string, now: number): void {
    this.run(
      `insert into repositories (name, pushed_at) values (?, ?)
       on conflict do update set pushed_at = excluded.pushed_at where pushed_at < excluded.pushed_at`,
      repository,
      now,
    )
  }

  addUpload({ id, repository }: Pick<UploadRow, "id" | "repository">, now: number): void {
    this.run(
      "insert into uploads (id, repository, holder, touched_at) values (?, ?, '', ?)",
      id,
      repository,
      now,
    )
    this.touch(repository, now)
  }

  findUpload(id: string): UploadRow | undefined {
    return this.get<UploadRow>("select id, repository, holder from uploads where id = ?", id)
  }

  setUploadHolder(id: string, holder: string): void {
    this.run("update uploads set holder = ? where id = ?", holder, id)
  }

  touchUpload(id: string, repository: string, now: number): void {
    this.run("update uploads set touched_at = ? where id = ?", now, id)
    this.touch(repository, now)
  }

  isUploadTouchedSince(id: string, since: number): boolean {
    return this.get("select 1 from uploads where id = ? and touched_at > ?", id, since) !== undefined
  }

  removeUpload(id: string): void {
    this.run("delete from uploads where id = ?", id)
  }

  /** Those that nobody has touched since. */
  forgetUploads(since: number): void {
    this.run("delete from uploads where touched_at <= ?", since)
  }

  #belongs(repository: string, digest: Digest, now: number): void {
    this.pardon(digest)
    this.touch(repository, now)
  }

  #version(): number {
    return this.get<{ user_version: number }>("pragma user_version")?.user_version ?? 0
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}

/** SQLite's result codes (sqlite.org/rescode.html). */
const SQLITE_BUSY = 5
const SQLITE_IOERR = 10
const SQLITE_FULL = 13
/** The bits of a code that say what kind it is. */
const PRIMARY = 0xff

function explain(error: unknown, path: string): unknown {
  if (!(error instanceof Error && "errcode" in error)) return error
  const code = Number(error.errcode) & PRIMARY
  if (code === SQLITE_FULL || code === SQLITE_IOERR) {
    const reason =
      code === SQLITE_FULL ? "the disk is full" : `${error.message} (full, or a limit on files, or failing)`
    return new LayoutError("NO_SPACE", `cannot write ${path}: ${reason}`, {
      hint: "free some space on that disk, then run the same command again: what is stored stays stored; waybill store gc needs a few megabytes to free more",
      cause: error,
    })
  }
  if (code === SQLITE_BUSY) {
    return new LayoutError("CANNOT_LOCK", `${path} has been in use for ${BUSY_TIMEOUT / 1000} seconds`, {
      hint: "see which process works on this content store, then try again",
      cause: error,
    })
  }
  return new LayoutError("CANNOT_LOCK", `cannot use ${path}: ${error.message}`, {
    hint: "check that the folder is there and that you may write in it",
    cause: error,
  })
}
