import type { Digest } from "../../oci/digest.ts"
import type { CatalogFile } from "./catalog-file.ts"
import type { DigestRows } from "./digest-rows.ts"

interface Needs {
  /** What stays, with all that it needs and all that refers to it. A repository of no name is none. */
  roots: readonly { repository: string; digest: Digest }[]
  /** Since when a repository counts as one that is being pushed to, and since when its content does; in milliseconds since 1970. */
  pushedSince: number
  claimedSince: number
  /** Whether what running processes rely on stays. */
  heedLeases: boolean
}

interface Found {
  /** What is needed in no repository that has it. */
  condemned: Digest[]
  /** What is needed though it is in no repository: that stays in the store, and no repository gets it by that. */
  unheld: Set<Digest>
}

/** Of a row of content: whether it is needed in its repository, and whether a push has just brought it, which nothing names yet. */
const IS_LIVE =
  "exists (select 1 from live where live.repository = held.repository and live.digest = held.digest)"
const IS_FRESH =
  "exists (select 1 from fresh where fresh.repository = held.repository and fresh.digest = held.digest)"

/** What no repository needs of what it has. It is worked out in tables of the connection alone, beside the catalog. */
export class Unneeded {
  readonly #file: CatalogFile
  readonly #condemned: DigestRows

  constructor(file: CatalogFile, condemned: DigestRows) {
    this.#file = file
    this.#condemned = condemned
    for (const table of ["roots", "live", "fresh"]) {
      file.exec(
        `create temp table if not exists ${table} (
           repository text not null, digest text not null, primary key (repository, digest)
         ) strict, without rowid`,
      )
    }
  }

  /** Works out what is needed, in a transaction or a look of the caller. */
  note({ roots, pushedSince, claimedSince, heedLeases }: Needs): void {
    const file = this.#file
    for (const table of ["roots", "live", "fresh"]) file.exec(`delete from ${table}`)
    for (const { repository, digest } of roots) {
      file.run(
        "insert into roots (repository, digest) values (?, ?) on conflict do nothing",
        repository,
        digest,
      )
    }
    const isFresh = `(claimed_at > ? and repository in (select name from repositories where pushed_at > ?)
      or ? and exists (
        select 1 from leases where leases.kind = 'push' and leases.repository = held.repository
          and held.claimed_at >= leases.since
      ))`
    const freshness = [claimedSince, pushedSince, Number(heedLeases)]
    file.run(
      `insert into live
       with recursive needed (repository, digest) as (
         select repository, digest from roots
         union select repository, digest from tags
         union select repository, lease_digests.digest from leases
           join lease_digests on lease_digests.lease = leases.id where leases.kind = 'recording' and ?
         union select repository, digest from manifests as held where ${isFresh}
         union select needed.repository, edges.child from needed join edges on edges.parent = needed.digest
         union select needed.repository, manifests.digest from needed
           join manifests on manifests.repository = needed.repository and manifests.subject = needed.digest
       )
       select repository, digest from needed`,
      Number(heedLeases),
      ...freshness,
    )
    file.run(`insert into fresh select repository, digest from blobs as held where ${isFresh}`, ...freshness)
  }

  find(): Found {
    const digests = (sql: string) => this.#file.all<{ digest: Digest }>(sql).map(({ digest }) => digest)
    return {
      // With those that a collection before this one did not come to.
      condemned: digests(
        `select digest from manifests union select digest from blobs union select digest from condemned
         except select digest from live
         except select digest from fresh`,
      ),
      unheld: new Set(
        digests(
          `select digest from live
           except select digest from manifests as held where ${IS_LIVE}
           except select digest from blobs as held where ${IS_LIVE} or ${IS_FRESH}`,
        ),
      ),
    }
  }

  /** Takes from all repositories what they do not need, in the transaction in which that was found. */
  condemn({ condemned }: Found): void {
    const file = this.#file
    file.run(`delete from manifests as held where not ${IS_LIVE}`)
    file.run(`delete from blobs as held where not ${IS_LIVE} and not ${IS_FRESH}`)
    file.run("delete from condemned")
    for (const digest of condemned) this.#condemned.add(digest)
  }
}
