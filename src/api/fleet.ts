import { z } from "zod"
import type { DeviceCounts } from "../fleet/device.ts"
import type { Fleet, NewFleet } from "../fleet/fleet.ts"
import { FLEET_ORDERS } from "../fleet/list-options.ts"
import type { ReleaseName } from "../fleet/release.ts"
import type { TargetChange } from "../fleet/target-change.ts"
import { pageQuery } from "./page.ts"
import { previewQuery } from "./preview.ts"
import { fleetSlug, id, orNull, plainText, search, shortText, time } from "./texts.ts"

/** A release as it is named where it is a target or a pin. */
export const releaseNameSchema = z
  .object({
    id,
    fleet: fleetSlug,
    commit: z.string(),
    version: z.string().meta({ example: "1.2.3+rev1" }),
    isInvalidated: z.boolean(),
  })
  .meta({ id: "ReleaseName" }) satisfies z.ZodType<ReleaseName>

const fleetClass = z.enum(["fleet", "app", "block"])

export const fleetSchema = z
  .object({
    id,
    slug: fleetSlug,
    class: fleetClass,
    registry: z
      .string()
      .nullable()
      .meta({ description: "HOST[/PREFIX] that keeps its images; null means the content store" }),
    isPublic: z.boolean().meta({
      description:
        "whether anybody may pull, without a secret, what the server keeps of its images and release manifests",
    }),
    createdAt: time,
    pin: orNull(releaseNameSchema).meta({ description: "null means that it tracks its latest release" }),
    target: orNull(releaseNameSchema).meta({ description: "what devices that follow it should run" }),
    generation: z
      .int()
      .meta({ description: "grows whenever pin, target or registry change, and whether it is public" }),
  })
  .meta({ id: "Fleet" }) satisfies z.ZodType<Fleet>

export const newFleetSchema = z
  .strictObject({
    slug: fleetSlug,
    class: fleetClass.optional(),
    registry: shortText.optional(),
    isPublic: z.boolean().optional(),
  })
  .meta({ id: "NewFleet" }) satisfies z.ZodType<NewFleet>

/** What of a fleet can be changed, its policy left out. */
export const fleetChangeSchema = z.strictObject({ isPublic: z.boolean() }).meta({ id: "FleetChange" })

export const fleetRegistrySchema = z
  .strictObject({
    registry: shortText.meta({
      description: "HOST[/PREFIX]; that the images are there is up to who says so",
    }),
  })
  .meta({ id: "FleetRegistry" })

export const fleetsQuery = pageQuery.extend({
  organization: plainText.max(1000).optional(),
  search,
  class: fleetClass.optional(),
  sort: z.enum(FLEET_ORDERS).optional().meta({ description: "with - from the greatest; slug without" }),
})

/** What of a fleet may go with it, instead of keeping it there. */
export const removeFleetQuery = previewQuery.extend({
  withReleases: z.enum(["true", "false"]).default("false"),
  withDevices: z.enum(["true", "false"]).default("false"),
})

export const fleetPolicySchema = z
  .discriminatedUnion("policy", [
    z.strictObject({ policy: z.literal("pinned"), release: id }),
    z.strictObject({ policy: z.literal("track-latest") }),
  ])
  .meta({ id: "FleetPolicy" })

export const deviceCountsSchema = z
  .object({ tracking: z.int(), pinned: z.int() })
  .meta({ id: "DeviceCounts" }) satisfies z.ZodType<DeviceCounts>

/** What a change did to the target of a fleet. */
export const targetChangeSchema = z
  .object({
    before: orNull(releaseNameSchema),
    after: orNull(releaseNameSchema),
    isPinned: z.boolean().meta({ description: "whether the fleet is pinned then" }),
    devices: deviceCountsSchema.meta({
      description: "devices of the fleet at that moment: those tracking follow it to its target",
    }),
  })
  .meta({ id: "TargetChange" }) satisfies z.ZodType<TargetChange>

export const changedFleetSchema = fleetSchema
  .extend({ targetChange: targetChangeSchema })
  .meta({ id: "ChangedFleet" })
