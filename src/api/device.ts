import { z } from "zod"
import { DEVICE_ORDERS, type Device, type DeviceFilter } from "../fleet/device.ts"
import type { ChangedDevices, DevicesPreview, TargetsChange } from "../fleet/device-group.ts"
import { MAX_CONDITION, MAX_CONDITIONS, parseTagConditions, printTagCondition } from "../fleet/device-tags.ts"
import { SILENT_AFTER } from "../fleet/rollout.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { releaseNameSchema } from "./fleet.ts"
import { type PageQuery, pageQuery } from "./page.ts"
import { releaseSchema } from "./release.ts"
import { rolloutPart, seconds, silentAfter } from "./rollout.ts"
import {
  fleetSlug,
  id,
  jsonObject,
  numberOrText,
  orNull,
  plainText,
  search,
  shortText,
  tagChanges,
  textRecord,
  time,
} from "./texts.ts"

/** The greatest number of devices that one request changes. */
const MAX_DEVICES = 1000

const uuid = shortText.meta({ description: "32 or 62 hex digits" })

export const deviceSchema = z
  .object({
    id,
    uuid,
    name: z.string().nullable(),
    tags: textRecord,
    fleet: fleetSlug,
    pin: orNull(releaseNameSchema).meta({ description: "null means that it follows its fleet" }),
    target: orNull(releaseNameSchema).meta({ description: "what it should run" }),
    current: orNull(releaseNameSchema).meta({ description: "what it last said that it runs" }),
    reportedAt: time.nullable(),
    registeredAt: time,
    generation: z.int().meta({ description: "grows with each change of its own pin, fleet, name or tags" }),
  })
  .meta({ id: "Device" }) satisfies z.ZodType<Device>

/** What is left out is made by the server. */
export const newDeviceSchema = z
  .strictObject({
    fleet: fleetSlug,
    uuid: uuid.optional(),
    name: shortText.optional(),
    key: shortText.optional(),
  })
  .meta({ id: "NewDevice" })

export const registeredDeviceSchema = z
  .object({
    device: deviceSchema,
    key: z.string().meta({ description: "what the device proves itself with; it is shown this once" }),
  })
  .meta({ id: "RegisteredDevice" })

const organization = plainText.max(1000).optional()

/** In a query, where numbers are texts. */
const releaseId = numberOrText(id)

/** Which device is meant by its uuid. */
export const deviceQuery = z.strictObject({
  organization: organization.meta({
    description: "whose device; needed where the token is good for all, and several have the uuid",
  }),
})

/** Conditions as texts: see `parseTagCondition`. */
const where = z
  .array(z.string().max(MAX_CONDITION).meta({ example: "site=north" }))
  .max(MAX_CONDITIONS)
  .meta({ description: "tags that each has: key=value, or key for whatever value" })

export const devicesQuery = pageQuery.extend({
  fleet: fleetSlug.optional(),
  organization,
  uuid: shortText.optional().meta({ description: "4 or more digits of the beginning" }),
  name: plainText.max(1000).optional().meta({ description: "the whole name" }),
  policy: z.enum(["pinned", "tracking"]).optional(),
  // One of a query is no list.
  where: z.preprocess((value) => (typeof value === "string" ? [value] : value), where.optional()),
  search,
  rollout: rolloutPart.optional().meta({ description: "the part of its fleet's rollout that it is in" }),
  silentAfter,
  silentSince: seconds.optional().meta({ description: "it has not reported for so many seconds, or never" }),
  current: z
    .union([z.literal("none"), releaseId], 'not "none", nor the id of a release')
    .optional()
    .meta({ description: "the id of the release that it last said that it runs" }),
  target: releaseId.optional().meta({ description: "the id of the release that it should run" }),
  sort: z.enum(DEVICE_ORDERS).optional().meta({
    description:
      "with - from the greatest; what has none counts as the least. Default: the order of registration",
  }),
})

/** Devices of one fleet, by the same filters. */
const fleetDevicesSchema = devicesQuery
  .omit({ limit: true, cursor: true, offset: true, count: true, sort: true, organization: true })
  .extend({ fleet: fleetSlug })
  .meta({ id: "FleetDevices" })

type DevicesQuery = Omit<z.output<typeof devicesQuery>, keyof PageQuery | "sort">

/** What devices a query asks for, at this time. Throws `INVALID_DEVICE`. */
export function parseDeviceFilter(
  { fleet, organization, uuid, name, policy, search, target, where, ...query }: DevicesQuery,
  now: Date,
): DeviceFilter {
  const { rollout: part, silentAfter, silentSince, current } = query
  return {
    fleet,
    organization,
    uuid,
    name,
    policy,
    search,
    target,
    where: where && parseTagConditions(where),
    rollout: part && { part, silentAfter, now },
    silent: silentSince === undefined ? undefined : { silentAfter: silentSince, now },
    current: current === "none" ? null : current,
  }
}

/** The same as a query. */
export function printDeviceFilter({ where, rollout, silent, current, ...filter }: DeviceFilter) {
  return {
    ...filter,
    where: where?.map(printTagCondition),
    rollout: rollout?.part,
    silentAfter: rollout?.silentAfter,
    silentSince: silent && (silent.silentAfter ?? SILENT_AFTER),
    current: current === null ? "none" : current,
  }
}

const pinned = { policy: z.literal("pinned"), release: id }
const tracking = { policy: z.literal("track-fleet") }

export const devicePolicySchema = z
  .discriminatedUnion("policy", [z.strictObject(pinned), z.strictObject(tracking)])
  .meta({ id: "DevicePolicy" })

const uuids = z.array(uuid).min(1).max(MAX_DEVICES)

/** By their uuids, or all that a filter lets through. */
const devices = {
  uuids: uuids.optional(),
  organization,
  devices: fleetDevicesSchema.optional(),
  expected: z
    .int()
    .nonnegative()
    .optional()
    .meta({ description: "how many `devices` has to match, else 412 and no change" }),
}

interface NamedOrMatching {
  uuids?: unknown
  organization?: unknown
  devices?: unknown
  expected?: unknown
}

function isSelection({ uuids, organization, devices, expected }: NamedOrMatching): boolean {
  if (devices === undefined) return uuids !== undefined && expected === undefined
  return uuids === undefined && organization === undefined
}

function isNamed({ uuids, devices }: NamedOrMatching): boolean {
  return uuids !== undefined || devices !== undefined
}

const SELECTION = "name the devices: either by uuids, or by devices"

const generation = z
  .int()
  .nonnegative()
  .optional()
  .meta({ description: "that each of them still has to have, else 412 and no change" })

const selected = { ...devices, fleet: fleetSlug.optional(), where: where.min(1).optional() }

/** A policy for many devices, by their uuids, by a filter, or by their fleet and tags: all get it, or none. */
export const devicesPolicySchema = z
  .discriminatedUnion("policy", [
    z.strictObject({ ...selected, organization, generation, ...pinned }),
    z.strictObject({ ...selected, organization, generation, ...tracking }),
  ])
  .refine(
    ({ fleet, where, ...selection }) =>
      fleet === undefined && where === undefined
        ? isSelection(selection)
        : fleet !== undefined && where !== undefined && !isNamed(selection),
    "name the devices: either by uuids, or by devices, or by fleet and where",
  )
  .meta({ id: "DevicesPolicy" })

export const changedDevicesSchema = z.object({ items: z.array(deviceSchema) }).meta({ id: "ChangedDevices" })

export const setPolicySchema = z
  .object({
    matched: z.int().positive().meta({ description: "how many devices were named, and have the policy now" }),
    changed: z
      .int()
      .optional()
      .meta({ description: "how many of them had another, where a filter was given" }),
    items: z.array(deviceSchema).optional().meta({
      description:
        "these, where they were named by uuids: those of a filter may be very many, and can be listed",
    }),
  })
  .meta({ id: "SetPolicy" })

/** What became of the devices of a filter. */
export const matchedDevicesSchema = z
  .object({
    matched: z.int().positive(),
    changed: z.int().meta({ description: "those of them for which it was a change" }),
  })
  .meta({ id: "MatchedDevices" }) satisfies z.ZodType<ChangedDevices>

const newFleet = { fleet: fleetSlug, release: id.optional() }

/** Without a release, the device follows its new fleet. */
export const deviceFleetSchema = z.strictObject(newFleet).meta({ id: "DeviceFleet" })

/** The same for many: all move, or none. */
export const devicesFleetSchema = z
  .strictObject({ ...devices, generation, ...newFleet })
  .refine(isSelection, SELECTION)
  .meta({ id: "DevicesFleet" })

/** Devices to be removed, all or none. */
export const removedDevicesSchema = z
  .strictObject({ ...devices, generation })
  .refine(isSelection, SELECTION)
  .meta({ id: "RemovedDevices" })

/** What devices would run. */
export const devicesPreviewQuery = z
  .union([
    z.strictObject({ ...devices, ...pinned }),
    z.strictObject({ ...devices, ...tracking }),
    z.strictObject({ ...devices, ...newFleet }),
  ])
  .refine(isSelection, SELECTION)
  .meta({ id: "DevicesPreviewRequest" })

/** Which devices a request is for. */
export interface DevicesRequest {
  uuids?: string[] | undefined
  organization?: string | undefined
  devices?: z.output<typeof fleetDevicesSchema> | undefined
  expected?: number | undefined
  generation?: number | undefined
}

type TargetsRequest =
  | { policy: "pinned"; release: number }
  | { policy: "track-fleet" }
  | { fleet: FleetSlug; release?: number | undefined }

/** What a request would have devices run. */
export function changedTargets(body: TargetsRequest): TargetsChange {
  if ("fleet" in body) return { change: "move", fleet: body.fleet, pin: body.release }
  return body.policy === "pinned" ? { change: "pin", release: body.release } : { change: "track-fleet" }
}

/** The same as a request has it. */
export function printTargets(change: TargetsChange): TargetsRequest {
  if (change.change === "move") return { fleet: change.fleet, release: change.pin }
  return change.change === "pin" ? { policy: "pinned", release: change.release } : { policy: "track-fleet" }
}

export const devicesPreviewSchema = z
  .object({
    matched: z.int().positive(),
    moves: z
      .array(
        z.object({
          from: orNull(releaseNameSchema),
          to: orNull(releaseNameSchema),
          devices: z.int().positive(),
        }),
      )
      .meta({ description: "those that would have another target, the most first" }),
    unchanged: z.int().meta({ description: "those that would have the target that they have" }),
    pinned: z.int().meta({ description: "those with a pin of their own now" }),
    alreadyPinned: z.int().meta({ description: "those pinned to what they would be pinned to" }),
  })
  .meta({ id: "DevicesPreview" }) satisfies z.ZodType<DevicesPreview>

/** Without one, the server makes it. */
export const newKeySchema = z.strictObject({ key: shortText.optional() }).meta({ id: "NewDeviceKey" })

export const deviceNameSchema = z.strictObject({ name: shortText }).meta({ id: "DeviceName" })

const tags = tagChanges.meta({ description: "tags to set; null takes one away; all others stay" })

/** As a JSON merge patch (RFC 7396). */
export const deviceTagsSchema = z.strictObject({ tags }).meta({ id: "DeviceTags" })

/** The same for many: all get them, or none. */
export const devicesTagsSchema = z
  .strictObject({ ...devices, generation, tags })
  .refine(isSelection, SELECTION)
  .meta({ id: "DevicesTags" })

export const deviceReportSchema = z
  .strictObject({ commit: shortText.nullable().meta({ description: "null: it runs nothing" }) })
  .meta({ id: "DeviceReport" })

export const targetQuery = deviceQuery.extend({ format: z.enum(["json", "compose"]).default("json") })

/** What a device is to run: the release, its images, and the composition with those filled in. */
export const deviceTargetSchema = z
  .object({
    uuid,
    fleet: fleetSlug,
    registry: z.string().nullable(),
    isPinned: z.boolean(),
    release: orNull(releaseSchema),
    images: z
      .record(z.string(), z.string().nullable())
      .meta({ description: "service → reference by digest; null where the fleet has no registry" }),
    compose: orNull(jsonObject).meta({
      description: "the composition with these references; null where there are none",
    }),
  })
  .meta({ id: "DeviceTarget" })
