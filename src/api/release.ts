import { z } from "zod"
import { RELEASE_LIMITS } from "../content/release-limits.ts"
import { MAX_CONDITION, printTagCondition, splitTag } from "../fleet/device-tags.ts"
import type { RecordOptions } from "../fleet/fleet-store.ts"
import { RELEASE_ORDERS, type ReleaseConditions } from "../fleet/list-options.ts"
import {
  type NewRelease,
  RELEASE_STATUSES,
  type Release,
  type ReleaseSummary,
  type UnsuccessfulRelease,
} from "../fleet/release.ts"
import type { ReleaseOverview, ReleaseUse } from "../fleet/release-overview.ts"
import { parseVersion, printVersion, type RequestedVersion, rawVersion } from "../fleet/version.ts"
import { plainDescriptor } from "../oci/descriptor.ts"
import { targetChangeSchema } from "./fleet.ts"
import { type PageQuery, pageQuery } from "./page.ts"
import {
  digest,
  fleetSlug,
  id,
  jsonObject,
  orNull,
  plainText,
  search,
  shortText,
  textRecord,
  time,
} from "./texts.ts"

export const descriptorSchema = z
  .object({ mediaType: plainText.min(1).max(255), digest, size: z.int().nonnegative() })
  .meta({ id: "Descriptor", description: "image-spec 1.1, descriptor.md" })

export const serviceSchema = descriptorSchema.extend({ name: z.string() }).meta({ id: "ReleaseService" })

const versionFields = {
  version: z.string().meta({ description: "as its fleet knows it", example: "1.2.3+rev1" }),
  semver: z.string().meta({ description: "without revision and variant", example: "1.2.3" }),
  variant: z.string(),
  revision: z
    .int()
    .nullable()
    .meta({ description: "assigned by the fleet; null for a draft and what is no success" }),
}

const status = z.enum(RELEASE_STATUSES).meta({ description: "of the build that made it" })

const summaryFields = {
  id,
  fleet: fleetSlug,
  commit: z.string(),
  ...versionFields,
  isInvalidated: z.boolean(),
  createdAt: z.string().meta({ description: "of the original build; ISO 8601" }),
  recordedAt: time,
  status,
  failureReason: z.string().nullable(),
  index: orNull(descriptorSchema).meta({
    description: "release index of a success; its digest is the release digest",
  }),
}

/** A release as lists show it. */
export const releaseSummarySchema = z.object(summaryFields).meta({ id: "ReleaseSummary" })

/** A release whole. */
export const releaseSchema = z
  .object({
    ...summaryFields,
    composition: jsonObject,
    contract: orNull(jsonObject),
    note: z.string().nullable(),
    tags: textRecord,
    services: z.array(serviceSchema),
  })
  .meta({ id: "Release" })

/** A release after a change, with what that did to the target of its fleet. */
export const changedReleaseSchema = releaseSchema
  .extend({ target: targetChangeSchema })
  .meta({ id: "ChangedRelease" })

/** The same for a recording; a build that failed moves nothing, and has `null`. */
export const recordedReleaseSchema = releaseSchema
  .extend({ target: orNull(targetChangeSchema) })
  .meta({ id: "RecordedRelease" })

const contentFields = {
  commit: shortText,
  createdAt: shortText,
  version: shortText.meta({ description: "semantic version", example: "1.2.3" }),
  variant: shortText.default(""),
  composition: jsonObject,
  contract: orNull(jsonObject),
  note: z.string().nullable(),
  tags: textRecord,
}

const strictDescriptor = z.strictObject(descriptorSchema.shape)

const newSuccessSchema = z.strictObject({
  status: z.literal("success"),
  ...contentFields,
  index: strictDescriptor,
  services: z.array(strictDescriptor.extend({ name: z.string() })).max(RELEASE_LIMITS.services),
  isDraft: z.boolean().default(false),
  origin: z.enum(["create", "import"]).default("create").meta({ description: "for the history" }),
  registry: shortText.nullable().optional().meta({
    description:
      "where its content is, null for the content store: the fleet's registry has to be that still",
  }),
  isVersionUnchosen: z.boolean().default(false).meta({
    description: "whether nobody chose the version: refused then where the fleet has a greater one",
  }),
})

const newUnsuccessfulSchema = z.strictObject({
  status: z.enum(["failed", "cancelled"]),
  ...contentFields,
  failureReason: plainText.max(10_000),
})

export const newReleaseSchema = z
  .discriminatedUnion("status", [newSuccessSchema, newUnsuccessfulSchema])
  .meta({ id: "NewRelease" })

/** In a query, where nothing says anything. */
const flag = z
  .enum(["true", "false"])
  .transform((text) => text === "true")
  .optional()

export const releasesQuery = pageQuery.extend({
  version: plainText.max(1000).optional().meta({
    description:
      "1.2.3 finds its revisions, the newest first, then its drafts; 1.2.3+rev1 that one, 1.2.3+rev0 the first; all on one page",
  }),
  commit: shortText.optional().meta({ description: "commit, or 7 or more digits of its beginning" }),
  status: status.optional(),
  search: search.meta({ description: "in the version or the note, or the beginning of the commit" }),
  draft: flag,
  invalidated: flag,
  pinnable: z
    .enum(["fleet", "device"])
    .optional()
    .meta({ description: "those that a fleet, or a device, may be pinned to; drafts for devices alone" }),
  tag: z.string().max(MAX_CONDITION).optional().meta({
    description: "a tag that each has: key=value, or key for whatever value",
    example: "channel=stable",
  }),
  sort: z
    .enum(RELEASE_ORDERS)
    .optional()
    .meta({ description: "with - from the greatest; the newest first without" }),
  with: z.enum(["use"]).optional().meta({ description: "adds note, tags and use to each" }),
})

type ReleasesQuery = Omit<
  z.output<typeof releasesQuery>,
  keyof PageQuery | "version" | "commit" | "sort" | "with"
>

/** What releases a query asks for. */
export function parseReleaseConditions({ tag, ...conditions }: ReleasesQuery): ReleaseConditions {
  return { ...conditions, tag: tag === undefined ? undefined : splitTag(tag) }
}

/** The same as a query. */
export function printReleaseConditions({ tag, ...conditions }: ReleaseConditions) {
  return { ...conditions, tag: tag && printTagCondition(tag) }
}

/** What a release is to its fleet and to devices. */
export const releaseUseSchema = z
  .object({
    isLatest: z
      .boolean()
      .meta({ description: "the newest of its fleet that is final, successful and valid" }),
    isTarget: z.boolean().meta({ description: "what devices that follow its fleet should run" }),
    isFleetPin: z.boolean().meta({ description: "its fleet is pinned to it" }),
    pinnedDevices: z.int().meta({ description: "devices with a pin of their own to it" }),
    currentDevices: z.int().meta({ description: "devices that last said that they run it" }),
    targetDevices: z.int().meta({ description: "devices that should run it" }),
  })
  .meta({ id: "ReleaseUse" }) satisfies z.ZodType<ReleaseUse>

/** A release in a list `with=use`. */
export const releaseOverviewSchema = releaseSummarySchema
  .extend({ note: z.string().nullable(), tags: textRecord, use: releaseUseSchema })
  .meta({ id: "ReleaseOverview" })

/** Looks for a commit in one fleet, one organization, or all that the token reaches. */
export const findReleasesQuery = z.strictObject({
  commit: shortText,
  fleet: fleetSlug.optional(),
  organization: plainText.max(1000).optional(),
})

type ApiSummary = z.output<typeof releaseSummarySchema>
type ApiRelease = z.output<typeof releaseSchema>
type ApiOverview = z.output<typeof releaseOverviewSchema>
type ApiNewRelease = z.output<typeof newReleaseSchema>

/** A release as answers give it. */
export function printSummary(release: ReleaseSummary): ApiSummary {
  const { version, index, ...rest } = release
  return {
    ...rest,
    version: rawVersion(release),
    semver: printVersion({ ...version, variant: "" }),
    variant: version.variant,
    index: index && plainDescriptor(index),
  }
}

export function printRelease(release: Release): ApiRelease {
  const { composition, contract, note, tags, services } = release
  return { ...printSummary(release), composition, contract, note, tags, services }
}

/** A release in a list, with or without that. */
export const listedReleaseSchema = releaseSummarySchema
  .extend(releaseOverviewSchema.pick({ note: true, tags: true, use: true }).partial().shape)
  .meta({ id: "ListedRelease" })

export function printOverview(release: ReleaseOverview): ApiOverview {
  const { note, tags, use } = release
  return { ...printSummary(release), note, tags, use }
}

export function parseOverview(release: ApiOverview): ReleaseOverview {
  const { note, tags, use, ...summary } = release
  return { ...parseSummary(summary), note, tags, use }
}

/** Takes an answer back into the domain. Throws `INVALID_VERSION` for a version that is none. */
export function parseSummary(release: ApiSummary): ReleaseSummary {
  const { version: _, semver, variant, status, failureReason, index, ...rest } = release
  return { ...rest, version: parseVersion(semver, variant), ...outcomeOf({ status, failureReason, index }) }
}

export function parseRelease(release: ApiRelease): Release {
  const { composition, contract, note, tags, services, ...summary } = release
  return { ...parseSummary(summary), composition, contract, note, tags, services }
}

function outcomeOf({ status, failureReason, index }: Pick<ApiSummary, "status" | "failureReason" | "index">) {
  if (status !== "success") return { status, failureReason, index: null }
  if (index === null) throw new TypeError("a successful release has no index")
  return { status, failureReason: null, index }
}

/** How a success is to be recorded: see `RecordOptions`. */
export type RecordingDetails = Pick<RecordOptions, "origin" | "registry" | "isVersionUnchosen">

/** A release to be recorded as a request sends it. */
export function printNewRelease(
  release: NewRelease | UnsuccessfulRelease,
  { origin = "create", registry, isVersionUnchosen = false }: RecordingDetails,
): ApiNewRelease {
  const { commit, createdAt, composition, contract, note, tags } = release
  const content = {
    commit,
    createdAt,
    version: printRequested(release.version),
    variant: release.version.variant,
    composition,
    contract,
    note,
    tags,
  }
  if ("status" in release) {
    return { status: release.status, ...content, failureReason: release.failureReason }
  }
  return {
    status: "success",
    ...content,
    index: plainDescriptor(release.index),
    services: release.services.map(({ name, ...image }) => ({ name, ...plainDescriptor(image) })),
    isDraft: release.isDraft ?? false,
    origin,
    isVersionUnchosen,
    ...(registry === undefined ? {} : { registry }),
  }
}

/** Takes a request into the domain. Throws `INVALID_VERSION`. */
export function parseNewRelease(body: ApiNewRelease): NewRelease | UnsuccessfulRelease {
  const { version: text, variant, ...rest } = body
  const version = parseVersion(text, variant)
  if (rest.status !== "success") return { ...rest, version }
  const { status: _, origin: __, registry: ___, isVersionUnchosen: ____, ...release } = rest
  return { ...release, version }
}

/** Of a build that failed there are none. */
export function parseRecordingDetails(body: ApiNewRelease): RecordingDetails {
  if (body.status !== "success") return {}
  const { origin, registry, isVersionUnchosen } = body
  return { origin, registry, isVersionUnchosen }
}

/** With the revision that is asked for, also `rev0`, which `printVersion` leaves out. */
function printRequested({ requestedRevision, ...version }: RequestedVersion): string {
  const semver = printVersion({ ...version, variant: "" })
  if (requestedRevision === undefined) return semver
  return `${semver}${version.build === "" ? "+" : "."}rev${requestedRevision}`
}
