import type { ReleaseName } from "../fleet/release.ts"
import type { FleetSlug } from "../fleet/slug.ts"

/** What a query has of a release that it joined under an alias, if there is one. */
type NameRow<Alias extends string> = Record<`${Alias}_id`, number | null> &
  Record<`${Alias}_commit` | `${Alias}_raw_version` | `${Alias}_invalidated_at`, string | null>

/** The columns that `releaseNameOf` reads, for a query that joined releases under an alias. */
export function releaseNameColumns<Alias extends string>(alias: Alias) {
  return [
    `${alias}.id as ${alias}_id`,
    `${alias}.commit as ${alias}_commit`,
    `${alias}.raw_version as ${alias}_raw_version`,
    `${alias}.invalidated_at as ${alias}_invalidated_at`,
  ] as const
}

export function releaseNameOf<Alias extends string>(
  row: NameRow<Alias>,
  alias: Alias,
  fleet: FleetSlug | null,
): ReleaseName | null
export function releaseNameOf(row: NameRow<string>, alias: string, fleet: FleetSlug | null) {
  const { [`${alias}_id` as const]: id, [`${alias}_commit` as const]: commit } = row
  const { [`${alias}_raw_version` as const]: version } = row
  if (id == null || commit == null || version == null || fleet === null) return null
  return { id, fleet, commit, version, isInvalidated: row[`${alias}_invalidated_at`] !== null }
}
