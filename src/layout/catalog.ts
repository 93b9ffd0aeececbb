import { DatabaseSync, type StatementSync } from "node:sqlite"
import { ContentError } from "../content/content-error.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import { type LockPatience, waitForLock } from "../content/lock-wait.ts"
import { ensurePrivateFile } from "../content/private-file.ts"
import { type Descriptor, descriptorSchema } from "../oci/descriptor.ts"
import type { Digest } from "../oci/digest.ts"
import { describeReferrer, type Manifest, successors } from "../oci/manifest.ts"
import { LayoutError } from "./layout-error.ts"

/** How long SQLite itself may wait for other processes, in milliseconds: meanwhile nothing else happens in this one. */
const BUSY_TIMEOUT = 2

/** In milliseconds: content is claimed anew only when its claim is older, so that asking again writes nothing. */
export const CLAIM_STEP = 60_000

/** Repositories that are told of one blob. */
const MAX_HOLDERS = 4

/**
 * Which repository has what. `edges` say what a manifest needs, in any repository. `claimed_at` is when a push last
 * relied on content. `condemned` blobs belong to nobody, and their files may go at any moment. `damaged` files were found
 * to be so when they were read, and count as missing until they are replaced.
 */
const CONTENT = `
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
`

/**
 * `entry` is what stands in `index.json` for a tag, without its name; `others` are entries there that are nobody's tags.
 * `index_file` says of that file what it held and was when it was last written (see `IndexWriter`). `leases`: see `Leases`.
 */
const TAGS_AND_LEASES = `
  create table tags (
    repository text not null, tag text not null, digest text not null, entry text not null,
    primary key (repository, tag)
  ) strict, without rowid;
  create index tags_digest on tags (repository, digest);
  create table tag_counts (
    repository text primary key, organization text not null, count integer not null
  ) strict, without rowid;
  create index tag_counts_organization on tag_counts (organization);
  create trigger tag_added after insert on tags begin
    insert into tag_counts (repository, organization, count)
      values (new.repository, substr(new.repository, 1, instr(new.repository || '/', '/') - 1), 1)
      on conflict do update set count = count + 1;
  end;
  create trigger tag_removed after delete on tags begin
    update tag_counts set count = count - 1 where repository = old.repository;
  end;
  create table others (position integer primary key, digest text not null, entry text not null) strict;
  create table index_file (
    head text not null, identity text, hash text, next_hash text,
    changes integer not null, written integer not null
  ) strict;
  insert into index_file (head, changes, written) values ('{"schemaVersion":2}', 0, -1);
  create table leases (
    id text primary key, kind text not null, repository text not null, holder text not null,
    since integer not null, seen_at integer not null, has_ended integer not null
  ) strict, without rowid;
  create index leases_repository on leases (repository, kind);
  create table lease_digests (
    lease text not null, digest text not null, primary key (lease, digest)
  ) strict, without rowid;
  create trigger lease_removed after delete on leases begin
    delete from lease_digests where lease = old.id;
  end;
`

/** Tags that go with what needed `root` in a repository, as soon as that is gone. */
const DEPARTING_TAGS = `
  create table departing_tags (
    repository text not null, tag text not null, digest text not null, root text not null,
    primary key (repository, tag)
  ) strict, without rowid;
`

const STEPS = [CONTENT, TAGS_AND_LEASES, DEPARTING_TAGS]

interface UploadRow {
  id: string
  repository: string
  /** The instance that writes to it at the moment; empty for none. */
  holder: string
}

export interface TagRow {
  repository: string
  tag: string
  /** What stands in `index.json`, without the name: JSON. */
  entry: string
}

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

/**
 * What belongs to which repository of a content store, and what is being pushed: the layout itself knows only blobs
 * and tags. Every change is one transaction, in which files get their names and are removed as well: a row comes
 * with its file, and a file that no row tells of is collected.
 */
export class Catalog {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #patience: LockPatience
  readonly #statements = new Map<string, StatementSync>()

  private constructor(path: string, database: DatabaseSync, patience: LockPatience) {
    this.#path = path
    this.#database = database
    this.#patience = patience
  }

  /** Opens the file, and makes it where there is none. Throws `CANNOT_LOCK`, `NO_SPACE`, `STORE_DAMAGED`, `STORE_UNAVAILABLE`. */
  static async open(path: string, patience: LockPatience = {}): Promise<Catalog> {
    let catalog: Catalog | undefined
    try {
      ensurePrivateFile(path)
      catalog = new Catalog(path, new DatabaseSync(path, { timeout: BUSY_TIMEOUT }), patience)
      await catalog.#prepareFile()
      return catalog
    } catch (error) {
      catalog?.close()
      throw explain(error, path)
    }
  }

  async #prepareFile(): Promise<void> {
    await waitForLock(this.#path, this.#patience, () =>
      this.#isDone("pragma journal_mode = wal; pragma synchronous = full") ? this : undefined,
    )
    if (this.#version() < STEPS.length) {
      await this.transaction(() => {
        for (const step of STEPS.slice(this.#version())) this.#database.exec(step)
        this.#database.exec(`pragma user_version = ${STEPS.length}`)
      })
    }
    if (this.#version() > STEPS.length) {
      throw new LayoutError("NOT_A_LAYOUT", `${this.#path} was written by a newer Waybill`, {
        hint: "use that one",
      })
    }
  }

  close(): void {
    this.#database.close()
  }

  /**
   * Does the work whole or not at all, while nobody else changes anything. It waits for other processes first, and holds up
   * nothing else meanwhile. Throws `CANNOT_LOCK` when one of them takes too long.
   */
  transaction<Result>(work: () => Result, { signal }: OperationOptions = {}): Promise<Result> {
    return this.#whenFree(() => this.#finish(work), signal)
  }

  /** A transaction that a power cut may undo, for what only helps while a process runs: it does not wait for the disk. */
  async note<Result>(work: () => Result): Promise<Result> {
    return this.#whenFree(() => this.#finish(work), undefined, "normal")
  }

  /** Sees the catalog as it is at one moment, while others go on writing. Nothing of the work may change it. */
  async read<Result>(work: () => Result): Promise<Result> {
    this.#database.exec("begin")
    try {
      return work()
    } catch (error) {
      throw explain(error, this.#path)
    } finally {
      // SQLite has done so by itself where the disk is full.
      if (this.#database.isTransaction) this.#database.exec("rollback")
    }
  }

  /** Begins a transaction as soon as no other process has one, and goes on within it at once. */
  async #whenFree<Result>(
    work: () => Result,
    signal?: AbortSignal | undefined,
    synchronous: "full" | "normal" = "full",
  ): Promise<Result> {
    const { result } = await waitForLock(this.#path, { ...this.#patience, signal }, () => {
      // It cannot be chosen within a transaction.
      if (synchronous !== "full") this.#database.exec(`pragma synchronous = ${synchronous}`)
      try {
        return this.#isDone("begin immediate") ? { result: work() } : undefined
      } finally {
        if (synchronous !== "full") this.#database.exec("pragma synchronous = full")
      }
    })
    return result
  }

  #finish<Result>(work: () => Result): Result {
    try {
      const result = work()
      this.#database.exec("commit")
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("rollback")
      throw explain(error, this.#path)
    }
  }

  /** `false` while another process is in the way. */
  #isDone(sql: string): boolean {
    try {
      this.#database.exec(sql)
      return true
    } catch (error) {
      if (codeOf(error) === SQLITE_BUSY) return false
      throw explain(error, this.#path)
    }
  }

  exec(sql: string): void {
    this.#database.exec(sql)
  }

  all<Row>(sql: string, ...parameters: (string | number | null)[]): Row[] {
    return this.#query(() => this.#prepare(sql).all(...parameters) as Row[])
  }

  get<Row>(sql: string, ...parameters: (string | number | null)[]): Row | undefined {
    return this.#query(() => this.#prepare(sql).get(...parameters) as Row | undefined)
  }

  /** Gives the number of rows that changed. */
  run(sql: string, ...parameters: (string | number | null)[]): number {
    return Number(this.#prepare(sql).run(...parameters).changes)
  }

  #query<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      throw explain(error, this.#path)
    }
  }

  hasBlob(repository: string, digest: Digest): boolean {
    return (
      this.get("select 1 from blobs where repository = ? and digest = ?", repository, digest) !== undefined
    )
  }

  /** Some repositories that have a blob, those of the same organization as `repository` first. */
  holders(digest: Digest, repository: string): string[] {
    const organization = repository.slice(0, repository.indexOf("/") + 1)
    const rows = this.all<{ repository: string }>(
      `select repository from blobs where digest = ?
       order by substr(repository, 1, ?) = ? desc, repository limit ?`,
      ...[digest, organization.length, organization, MAX_HOLDERS],
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

  /** A manifest with those in it, however deep. */
  listDocuments(root: Digest): Digest[] {
    const rows = this.all<{ digest: Digest }>(
      `with recursive reached (digest) as (
         values (?) union select child from edges join reached on parent = reached.digest
           where child in (select parent from edges)
       )
       select digest from reached`,
      root,
    )
    return rows.map(({ digest }) => digest)
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

  /**
   * Forgets what up to `limit` manifests need, behind `after`, that are in no repository. Gives the last of them that was
   * looked at, where there are more.
   */
  forgetEdges(after: string, limit: number): string | undefined {
    const parents = this.all<{ parent: string }>(
      `select distinct parent from edges where parent > ?
       and not exists (select 1 from manifests where digest = parent) order by parent limit ?`,
      ...[after, limit],
    )
    for (const { parent } of parents) this.run("delete from edges where parent = ?", parent)
    return parents.length < limit ? undefined : parents.at(-1)?.parent
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

  /** Of content the first that a repository lacks, or whose file is damaged. */
  findMissing(
    kind: "blobs" | "manifests",
    repository: string,
    digests: readonly Digest[],
  ): Digest | undefined {
    const found = this.get<{ digest: Digest }>(
      `select value as digest from json_each(?)
       where not exists (select 1 from ${kind} where repository = ? and digest = value)
         or exists (select 1 from damaged where digest = value)
       limit 1`,
      ...[JSON.stringify(digests), repository],
    )
    return found?.digest
  }

  /** Notes that a push relies on what a repository has of these. */
  claimAll(kind: "blobs" | "manifests", repository: string, digests: readonly Digest[], now: number): void {
    this.run(
      `update ${kind} set claimed_at = ? where repository = ? and digest in (select value from json_each(?))`,
      ...[now, repository, JSON.stringify(digests)],
    )
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
    const children = JSON.stringify(successors(manifest).map((child) => child.digest))
    this.run(
      "insert into edges (parent, child) select ?, value from json_each(?) where true on conflict do nothing",
      ...[digest, children],
    )
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

  /** Takes all from a repository. */
  removeRepository(repository: string): void {
    for (const table of ["tags", "departing_tags", "manifests", "blobs", "uploads"]) {
      this.run(`delete from ${table} where repository = ?`, repository)
    }
    this.run("delete from repositories where name = ?", repository)
    this.run("delete from tag_counts where repository = ?", repository)
    this.#noteChange()
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

  hasTag(repository: string, tag: string): boolean {
    return this.get("select 1 from tags where repository = ? and tag = ?", repository, tag) !== undefined
  }

  isTagged(repository: string, digest: Digest): boolean {
    return (
      this.get("select 1 from tags where repository = ? and digest = ? limit 1", repository, digest) !==
      undefined
    )
  }

  /** `entry` is what stands in `index.json`, without the name. */
  putTag(repository: string, tag: string, digest: Digest, entry: string): void {
    this.run(
      `insert into tags (repository, tag, digest, entry) values (?, ?, ?, ?)
       on conflict do update set digest = excluded.digest, entry = excluded.entry`,
      ...[repository, tag, digest, entry],
    )
    this.#noteChange()
  }

  removeTag(repository: string, tag: string): void {
    this.run("delete from tags where repository = ? and tag = ?", repository, tag)
    this.#noteChange()
  }

  removeTagsOf(repository: string, digest: Digest): void {
    this.run("delete from tags where repository = ? and digest = ?", repository, digest)
    this.#noteChange()
  }

  /** Keeps the tags that are named `<repository>:<tag>` here alone. */
  removeTagsBut(names: ReadonlySet<string>): void {
    for (const { repository, tag } of this.all<TagRow>("select repository, tag from tags")) {
      if (!names.has(`${repository}:${tag}`)) this.removeTag(repository, tag)
    }
  }

  /** Of a repository, and of all in its organization. */
  countTags(repository: string): { repository: number; organization: number } {
    const [organization = ""] = repository.split("/")
    const own = this.get<{ count: number }>("select count from tag_counts where repository = ?", repository)
    const all = this.get<{ count: number }>(
      "select coalesce(sum(count), 0) as count from tag_counts where organization = ?",
      organization,
    )
    return { repository: own?.count ?? 0, organization: all?.count ?? 0 }
  }

  /** In the order in which `index.json` has them, those behind `after`. */
  pageOfTags(after: { repository: string; tag: string }, limit: number): TagRow[] {
    return this.all<TagRow>(
      `select repository, tag, entry from tags where (repository, tag) > (?, ?)
       order by repository, tag limit ?`,
      ...[after.repository, after.tag, limit],
    )
  }

  /** Entries of `index.json` that are nobody's tags, as JSON. */
  listOthers(): string[] {
    return this.all<{ entry: string }>("select entry from others order by position").map(({ entry }) => entry)
  }

  /** `head` is what `index.json` holds beside its entries. */
  replaceOthers(head: object, others: readonly Descriptor[]): void {
    this.run("delete from others")
    for (const entry of others) {
      this.run("insert into others (digest, entry) values (?, ?)", entry.digest, JSON.stringify(entry))
    }
    this.run("update index_file set head = ?", JSON.stringify(head))
    this.#noteChange()
  }

  indexFile(): IndexFileRow {
    return this.get<IndexFileRow>("select * from index_file") as IndexFileRow
  }

  /** Notes what is known of `index.json` from now on. */
  noteIndexFile(row: Partial<Omit<IndexFileRow, "head" | "changes">>): void {
    for (const [column, value] of Object.entries(row)) this.run(`update index_file set ${column} = ?`, value)
  }

  #noteChange(): void {
    this.run("update index_file set changes = changes + 1")
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
const SQLITE_PERM = 3
const SQLITE_BUSY = 5
const SQLITE_READONLY = 8
const SQLITE_IOERR = 10
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_CANTOPEN = 14
const SQLITE_NOTADB = 26
/** The bits of a code that say what kind it is. */
const PRIMARY = 0xff

function codeOf(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error ? Number(error.errcode) & PRIMARY : undefined
}

function explain(error: unknown, path: string): unknown {
  const code = codeOf(error)
  if (code === undefined) return error
  const { message } = error as Error
  if (code === SQLITE_BUSY) {
    return new ContentError("CANNOT_LOCK", `${path} is in use by another process at this moment`, {
      hint: "try again",
      cause: error,
    })
  }
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) {
    return new LayoutError("STORE_DAMAGED", `${path} is damaged: ${message}`, {
      hint: "put a copy of the whole store from a backup in its place",
      cause: error,
    })
  }
  if (code === SQLITE_FULL || code === SQLITE_IOERR) {
    const reason =
      code === SQLITE_FULL ? "the disk is full" : `${message} (full, or a limit on files, or failing)`
    return new LayoutError("NO_SPACE", `cannot write ${path}: ${reason}`, {
      hint: "free some space on that disk, then run the same command again: what is stored stays stored; waybill store gc needs a few megabytes to free more",
      cause: error,
    })
  }
  if (code === SQLITE_PERM || code === SQLITE_READONLY || code === SQLITE_CANTOPEN) {
    return new LayoutError("STORE_UNAVAILABLE", `cannot use ${path}: ${message}`, {
      hint: "check that the folder is there and that you may write in it",
      cause: error,
    })
  }
  return error
}
