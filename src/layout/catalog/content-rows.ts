import { type Descriptor, descriptorSchema } from "../../oci/descriptor.ts"
import type { Digest } from "../../oci/digest.ts"
import { describeReferrer, type Manifest } from "../../oci/manifest.ts"
import type { CatalogFile } from "./catalog-file.ts"
import type { DigestRows } from "./digest-rows.ts"
import type { NeedRows } from "./need-rows.ts"

/** In milliseconds: content is claimed anew only when its claim is older, so that asking again writes nothing. */
export const CLAIM_STEP = 60_000

/** Repositories that are told of one blob. */
const MAX_HOLDERS = 4

/** Which repository has what: tables `repositories`, `blobs` and `manifests`. */
export class ContentRows {
  readonly #file: CatalogFile
  readonly #needs: NeedRows
  readonly #condemned: DigestRows

  constructor(file: CatalogFile, needs: NeedRows, condemned: DigestRows) {
    this.#file = file
    this.#needs = needs
    this.#condemned = condemned
  }

  hasBlob(repository: string, digest: Digest): boolean {
    return (
      this.#file.get("select 1 from blobs where repository = ? and digest = ?", repository, digest) !==
      undefined
    )
  }

  /** Some repositories that have a blob, those of the same organization as `repository` first. */
  holders(digest: Digest, repository: string): string[] {
    const organization = repository.slice(0, repository.indexOf("/") + 1)
    const rows = this.#file.all<{ repository: string }>(
      `select repository from blobs where digest = ?
       order by substr(repository, 1, ?) = ? desc, repository limit ?`,
      ...[digest, organization.length, organization, MAX_HOLDERS],
    )
    return rows.map(({ repository }) => repository)
  }

  findManifest(repository: string, digest: Digest): Descriptor | undefined {
    const row = this.#file.get<{ descriptor: string }>(
      "select descriptor from manifests where repository = ? and digest = ?",
      repository,
      digest,
    )
    return row && descriptorSchema.parse(JSON.parse(row.descriptor))
  }

  /** Of the manifests with this subject the one whose digest is next. */
  nextReferrer(repository: string, subject: Digest, after: string): Descriptor | undefined {
    const row = this.#file.get<{ descriptor: string }>(
      `select descriptor from manifests where repository = ? and subject = ? and digest > ?
       order by digest limit 1`,
      repository,
      subject,
      after,
    )
    return row && descriptorSchema.parse(JSON.parse(row.descriptor))
  }

  /** Whether content is in any repository. */
  isHeld(digest: Digest): boolean {
    const found = this.#file.get(
      "select 1 from blobs where digest = ? union all select 1 from manifests where digest = ? limit 1",
      digest,
      digest,
    )
    return found !== undefined
  }

  /** All that is in repositories, in order. */
  listHeld(): Digest[] {
    const rows = this.#file.all<{ digest: Digest }>(
      "select digest from blobs union select digest from manifests order by digest",
    )
    return rows.map(({ digest }) => digest)
  }

  /** Whether a push relied on this content so lately that saying so again is not worth a write. */
  isClaimed(kind: "blobs" | "manifests", repository: string, digest: Digest, now: number): boolean {
    const row = this.#file.get<{ claimed_at: number }>(
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
    const found = this.#file.get<{ digest: Digest }>(
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
    this.#file.run(
      `update ${kind} set claimed_at = ? where repository = ? and digest in (select value from json_each(?))`,
      ...[now, repository, JSON.stringify(digests)],
    )
  }

  /** Gives a blob to a repository. The caller has seen that its file is there, in the same transaction. */
  addBlob(repository: string, digest: Digest, now: number): void {
    this.#file.run(
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
    this.#file.run(
      `insert into manifests (repository, digest, descriptor, subject, claimed_at) values (?, ?, ?, ?, ?)
       on conflict do update set claimed_at = excluded.claimed_at, descriptor = excluded.descriptor`,
      repository,
      digest,
      JSON.stringify(describeReferrer(descriptor, manifest)),
      manifest.subject?.digest ?? null,
      now,
    )
    this.#needs.add(digest, manifest)
    this.#belongs(repository, digest, now)
  }

  /** Says whether the manifest is there. */
  claimManifest(repository: string, digest: Digest, now: number): boolean {
    this.touch(repository, now)
    return (
      this.#file.run(
        "update manifests set claimed_at = ? where repository = ? and digest = ?",
        now,
        repository,
        digest,
      ) > 0
    )
  }

  removeBlob(repository: string, digest: Digest): boolean {
    return this.#file.run("delete from blobs where repository = ? and digest = ?", repository, digest) > 0
  }

  removeManifest(repository: string, digest: Digest): boolean {
    return this.#file.run("delete from manifests where repository = ? and digest = ?", repository, digest) > 0
  }

  /** Notes that a repository is being pushed to. */
  touch(repository: string, now: number): void {
    this.#file.run(
      `insert into repositories (name, pushed_at) values (?, ?)
       on conflict do update set pushed_at = excluded.pushed_at where pushed_at < excluded.pushed_at`,
      repository,
      now,
    )
  }

  #belongs(repository: string, digest: Digest, now: number): void {
    this.#condemned.remove(digest)
    this.touch(repository, now)
  }

  /** Takes all from a repository. */
  removeRepository(repository: string): void {
    for (const table of ["manifests", "blobs"]) {
      this.#file.run(`delete from ${table} where repository = ?`, repository)
    }
    this.#file.run("delete from repositories where name = ?", repository)
  }
}
