import type { Generated, Selectable } from "kysely"
import type { FleetClass } from "../fleet/fleet.ts"
import type { ReleaseStatus } from "../fleet/release.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import type { RevisionKey } from "../fleet/version.ts"
import type { Digest } from "../oci/digest.ts"

/** How many migrations there are: the version of a schema that is up to date. */
export const SCHEMA_VERSION = 1

/** Times are ISO 8601 in UTC, JSON is canonical text: both mean the same in every database. */
export interface Schema {
  organizations: OrganizationTable
  fleets: FleetTable
  releases: ReleaseTable
  release_services: ServiceTable
  release_tags: TagTable
}

interface OrganizationTable {
  id: Generated<number>
  name: string
  created_at: string
}

interface FleetTable {
  id: Generated<number>
  organization_id: number
  slug: FleetSlug
  class: FleetClass
  registry: string | null
  created_at: string
}

/** The columns of `RevisionKey` bear the names of its fields. */
export interface ReleaseTable extends RevisionKey {
  /** Grows with every release that a fleet records: the order of "newest". */
  id: Generated<number>
  fleet_id: number
  commit: string
  status: ReleaseStatus
  failure_reason: string | null
  build: string
  revision: number | null
  /** What `rawVersion` prints, to be found by. */
  raw_version: string
  created_at: string
  recorded_at: string
  invalidated_at: string | null
  index_digest: Digest | null
  index_media_type: string | null
  index_size: number | null
  composition: string
  contract: string | null
  note: string | null
}

interface ServiceTable {
  release_id: number
  name: string
  digest: Digest
  media_type: string
  size: number
}

interface TagTable {
  release_id: number
  key: string
  value: string
}

export type FleetRow = Selectable<FleetTable>
