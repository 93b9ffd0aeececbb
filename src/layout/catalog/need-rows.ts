import type { Digest } from "../../oci/digest.ts"
import { type Manifest, successors } from "../../oci/manifest.ts"
import type { CatalogFile } from "./catalog-file.ts"

/** What manifests need, in whichever repository: table `edges`. */
export class NeedRows {
  readonly #file: CatalogFile

  constructor(file: CatalogFile) {
    this.#file = file
  }

  add(parent: Digest, manifest: Manifest): void {
    const children = JSON.stringify(successors(manifest).map((child) => child.digest))
    this.#file.run(
      "insert into edges (parent, child) select ?, value from json_each(?) where true on conflict do nothing",
      ...[parent, children],
    )
  }

  /** Whether content is `root` or is needed by it, however deep. */
  reaches(root: Digest, digest: Digest): boolean {
    const found = this.#file.get(
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
    const rows = this.#file.all<{ digest: Digest }>(
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
    const found = this.#file.get<{ parent: Digest }>(
      `select parent from edges join manifests on manifests.digest = parent
       where child = ? and repository = ? limit 1`,
      digest,
      repository,
    )
    return found?.parent
  }

  /** What a manifest that was once pushed needs, where it cannot be read any more. */
  childrenOf(digest: Digest): Digest[] {
    const rows = this.#file.all<{ child: Digest }>("select child from edges where parent = ?", digest)
    return rows.map(({ child }) => child)
  }

  /**
   * Forgets what up to `limit` manifests need, behind `after`, that are in no repository. Gives the last of them that was
   * looked at, where there are more.
   */
  forgetUnheld(after: string, limit: number): string | undefined {
    const parents = this.#file.all<{ parent: string }>(
      `select distinct parent from edges where parent > ?
       and not exists (select 1 from manifests where digest = parent) order by parent limit ?`,
      ...[after, limit],
    )
    for (const { parent } of parents) this.#file.run("delete from edges where parent = ?", parent)
    return parents.length < limit ? undefined : parents.at(-1)?.parent
  }
}
