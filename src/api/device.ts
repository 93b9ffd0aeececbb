import { z } from "zod"
import type { Device } from "../fleet/device.ts"
import { releaseNameSchema } from "./fleet.ts"
import { pageQuery } from "./page.ts"
import { releaseSchema } from "./release.ts"
import { fleetSlug, id, jsonObject, orNull, plainText, shortText, time } from "./texts.ts"

/** The greatest number of devices that one request changes. */
const MAX_DEVICES = 1000

const uuid = shortText.meta({ description: "32 or 62 hex digits" })

export const deviceSchema = z
  .object({
    id,
    uuid,
    name: z.string().nullable(),
    fleet: fleetSlug,
    pin: orNull(releaseNameSchema).meta({ description: "null means that it follows its fleet" }),
    target: orNull(releaseNameSchema).meta({ description: "what it should run" }),
    current: orNull(releaseNameSchema).meta({ description: "what it last said that it runs" }),
    reportedAt: time.nullable(),
    registeredAt: time,
    generation: z.int().meta({ description: "grows with each change of its own pin or fleet" }),
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

/** Which device is meant by its uuid. */
export const deviceQuery = z.strictObject({
  organization: organization.meta({
    description: "whose device; needed where the token is good for all, and several have the uuid",
  }),
})

export const devicesQuery = pageQuery.extend({
  fleet: fleetSlug.optional(),
  organization,
  uuid: shortText.optional().meta({ description: "4 or more digits of the beginning" }),
  policy: z.enum(["pinned", "tracking"]).optional(),
})

const pinned = { policy: z.literal("pinned"), release: id }
const tracking = { policy: z.literal("track-fleet") }

export const devicePolicySchema = z
  .discriminatedUnion("policy", [z.strictObject(pinned), z.strictObject(tracking)])
  .meta({ id: "DevicePolicy" })

const devices = { uuids: z.array(uuid).min(1).max(MAX_DEVICES), organization }

const generation = z
  .int()
  .nonnegative()
  .optional()
  .meta({ description: "that each of them still has to have, else 412 and no change" })

/** A policy for many devices: all get it, or none. */
export const devicesPolicySchema = z
  .discriminatedUnion("policy", [
    z.strictObject({ ...devices, generation, ...pinned }),
    z.strictObject({ ...devices, generation, ...tracking }),
  ])
  .meta({ id: "DevicesPolicy" })

export const changedDevicesSchema = z.object({ items: z.array(deviceSchema) }).meta({ id: "ChangedDevices" })

/** Without a release, the device follows its new fleet. */
export const deviceFleetSchema = z
  .strictObject({ fleet: fleetSlug, release: id.optional() })
  .meta({ id: "DeviceFleet" })

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
