import { z } from "zod"
import { DEVICE_ORDERS, type Device, type DeviceFilter } from "../fleet/device.ts"
import { MAX_CONDITION, MAX_CONDITIONS, parseTagConditions, printTagCondition } from "../fleet/device-tags.ts"
import { SILENT_AFTER } from "../fleet/rollout.ts"
import { releaseNameSchema } from "./fleet.ts"
import { type PageQuery, pageQuery } from "./page.ts"
import { releaseSchema } from "./release.ts"
import { rolloutPart, seconds, silentAfter } from "./rollout.ts"
import {
  fleetSlug,
  id,
  jsonObject,
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
const releaseId = z.coerce.number().int().positive()

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
    .union([z.literal("none"), releaseId])
    .optional()
    .meta({ description: "the id of the release that it last said that it runs" }),
  target: releaseId.optional().meta({ description: "the id of the release that it should run" }),
  sort: z.enum(DEVICE_ORDERS).optional().meta({
    description:
      "with - from the greatest; what has none counts as the least. Default: the order of registration",
  }),
})

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
const devices = { uuids, organization }

const generation = z
  .int()
  .nonnegative()
  .optional()
  .meta({ description: "that each of them still has to have, else 412 and no change" })

const selected = { uuids: uuids.optional(), fleet: fleetSlug.optional(), where: where.min(1).optional() }

/** A policy for many devices, by their uuids or by their fleet and tags: all get it, or none. */
export const devicesPolicySchema = z
  .discriminatedUnion("policy", [
    z.strictObject({ ...selected, organization, generation, ...pinned }),
    z.strictObject({ ...selected, organization, generation, ...tracking }),
  ])
  .refine(
    ({ uuids, fleet, where }) =>
      uuids === undefined
        ? fleet !== undefined && where !== undefined
        : fleet === undefined && where === undefined,
    "name the devices: either by uuids, or by fleet and where",
  )
  .meta({ id: "DevicesPolicy" })

export const changedDevicesSchema = z.object({ items: z.array(deviceSchema) }).meta({ id: "ChangedDevices" })

export const setPolicySchema = z
  .object({
    matched: z.int().positive().meta({ description: "how many devices were named, and have the policy now" }),
    items: z.array(deviceSchema).optional().meta({
      description:
        "these, where they were named by uuids: those with some tags may be very many, and can be listed",
    }),
  })
  .meta({ id: "SetPolicy" })

const newFleet = { fleet: fleetSlug, release: id.optional() }

/** Without a release, the device follows its new fleet. */
export const deviceFleetSchema = z.strictObject(newFleet).meta({ id: "DeviceFleet" })

/** The same for many: all move, or none. */
export const devicesFleetSchema = z
  .strictObject({ ...devices, generation, ...newFleet })
  .meta({ id: "DevicesFleet" })

/** Devices to be removed, all or none. */
export const removedDevicesSchema = z.strictObject({ ...devices, generation }).meta({ id: "RemovedDevices" })

export const deviceNameSchema = z.strictObject({ name: shortText }).meta({ id: "DeviceName" })

const tags = tagChanges.meta({ description: "tags to set; null takes one away; all others stay" })

/** As a JSON merge patch (RFC 7396). */
export const deviceTagsSchema = z.strictObject({ tags }).meta({ id: "DeviceTags" })

/** The same for many: all get them, or none. */
export const devicesTagsSchema = z.strictObject({ ...devices, generation, tags }).meta({ id: "DevicesTags" })

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
