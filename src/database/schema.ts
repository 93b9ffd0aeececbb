import type { Generated } from "kysely"
import type { Role } from "../fleet/access.ts"
import type { FleetClass } from "../fleet/fleet.ts"
import type { FleetAction } from "../fleet/fleet-event.ts"
import type { ReleaseStatus } from "../fleet/release.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import type { RevisionKey } from "../fleet/version.ts"
import type { Digest } from "../oci/digest.ts"

/** How many migrations there are: the version of a schema that is up to date. */
export const SCHEMA_VERSION = 9

/** Times are ISO 8601 in UTC, JSON is canonical text: both mean the same in every database. */
export interface Schema {
  organizations: OrganizationTable
  fleets: FleetTable
  releases: ReleaseTable
  release_services: ServiceTable
  release_tags: TagTable
  devices: DeviceTable
  device_tags: DeviceTagTable
  fleet_events: EventTable
  tokens: TokenTable
  sessions: SessionTable
  sign_in_codes: SignInCodeTable
  passed_on_uploads: PassedOnUploadTable
}

export interface OrganizationTable {
  id: Generated<number>
  name: string
  created_at: string
}

export interface FleetTable {
  id: Generated<number>
  organization_id: number
  slug: FleetSlug
  class: FleetClass
  registry: string | null
  created_at: string
  pinned_release_id: number | null
  /** What it deploys while it has no pin: see `trackedRelease`. */
  tracked_release_id: number | null
  generation: Generated<number>
  is_public: Generated<0 | 1>
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
  idempotency_key: string | null
}

export interface ServiceTable {
  release_id: number
  name: string
  digest: Digest
  media_type: string
  size: number
}

export interface TagTable {
  release_id: number
  key: string
  value: string
}

export interface DeviceTable {
  id: Generated<number>
  uuid: string
  fleet_id: number
  /** That of its fleet: within it, the uuid is unique. */
  organization_id: number
  name: string | null
  /** See `hashSecret`. */
  key_hash: string
  pinned_release_id: number | null
  current_release_id: number | null
  reported_at: string | null
  registered_at: string
  generation: Generated<number>
}

export interface DeviceTagTable {
  device_id: number
  key: string
  value: string
}

/** Refers to nothing, so that it outlives what it tells of. */
export interface EventTable {
  id: Generated<number>
  at: string
  actor: string
  action: FleetAction
  fleet: FleetSlug
  /** That of the fleet. */
  organization: string
  release_commit: string | null
  release_version: string | null
  device: string | null
  other_fleet: FleetSlug | null
  /** A `TargetChange` in JSON. */
  target: string | null
  /** A list of `ValueChange` in JSON. */
  value_changes: string | null
}

/** Those revoked stay: a database that once had a token gets no first one again. */
export interface TokenTable {
  id: Generated<number>
  name: string
  organization_id: number | null
  role: Role
  /** See `hashSecret`. */
  secret_hash: string
  created_at: string
  revoked_at: string | null
  /** 1 in the token that a server made at its first start, which two at once must not both do. */
  first: 1 | null
  last_used_at: string | null
}

export interface SessionTable {
  id: Generated<number>
  token_id: number
  /** See `hashSecret`. */
  secret_hash: string
  created_at: string
  expires_at: string
  /** As it is noted: see `USE_NOTED_EVERY`. */
  used_at: string
}

export interface SignInCodeTable {
  id: Generated<number>
  token_id: number
  /** See `hashSecret`. */
  code_hash: string
  expires_at: string
}

/** A blob on its way through a server to the registry of a fleet. */
export interface PassedOnUploadTable {
  /** A UUID. */
  id: string
  fleet_id: number
  /** Where the registry takes the rest of it: a URL, which whoever sends the blob does not see. */
  location: string
  moved_at: string
}
