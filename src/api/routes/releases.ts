import { createRoute, z } from "@hono/zod-openapi"
import { pageOf as pageSchema } from "../page.ts"
import { previewQuery } from "../preview.ts"
import {
  changedReleaseSchema,
  findReleasesQuery,
  listedReleaseSchema,
  newReleaseSchema,
  recordedReleaseSchema,
  releaseSchema,
  releaseSummarySchema,
  releasesQuery,
  releaseUseSchema,
} from "../release.ts"
import { answers, answersNothing, jsonBody, withBody } from "./describe-route.ts"
import { fleetPath, releasePath } from "./paths.ts"

const summaries = pageSchema(releaseSummarySchema)
const listed = pageSchema(listedReleaseSchema)

export const findReleases = createRoute({
  method: "get",
  path: "/releases",
  summary: "Find releases by commit, newest first",
  request: { query: findReleasesQuery },
  responses: answers(200, "the releases, all on one page", summaries, 404, 422),
})

export const showRelease = createRoute({
  method: "get",
  path: "/releases/{id}",
  summary: "Show a release",
  request: { params: releasePath },
  responses: answers(200, "the release", releaseSchema, 404),
})

export const showReleaseUse = createRoute({
  method: "get",
  path: "/releases/{id}/use",
  summary: "Show what a release is to its fleet and to devices",
  request: { params: releasePath },
  responses: answers(200, "what it is used for", releaseUseSchema, 404),
})

export const removeRelease = createRoute({
  method: "delete",
  path: "/releases/{id}",
  summary: "Remove a release that nothing needs",
  request: { params: releasePath, query: previewQuery },
  responses: answersNothing("it is removed, or would be; its content stays where it is", 404, 409, 412),
})

export const listReleases = createRoute({
  method: "get",
  path: "/fleets/{organization}/{name}/releases",
  summary: "List the releases of a fleet, newest first unless another order is asked for",
  request: { params: fleetPath, query: releasesQuery },
  responses: answers(200, "a page of releases", listed, 404, 422),
})

export const recordRelease = createRoute({
  method: "post",
  path: "/fleets/{organization}/{name}/releases",
  summary: "Record a release whose content is in the fleet's registry, or a build that failed",
  request: {
    params: fleetPath,
    headers: z.object({
      "idempotency-key": z
        .string()
        .min(1)
        .max(255)
        .optional()
        .meta({ description: "with it, a repeated request gives the release that was recorded" }),
    }),
    body: jsonBody(newReleaseSchema),
  },
  responses: answers(201, "the release", recordedReleaseSchema, ...withBody(404, 409, 412)),
})

export const showLatestRelease = createRoute({
  method: "get",
  path: "/fleets/{organization}/{name}/releases/latest",
  summary: "Show the latest release of a fleet",
  request: { params: fleetPath },
  responses: answers(200, "the release", releaseSchema, 404, 422),
})

/** What changes a release, and so may change the target of its fleet. */
export function releaseChange<const Verb extends string>(verb: Verb, summary: string) {
  return createRoute({
    method: "post",
    path: `/releases/{id}/${verb}`,
    summary,
    request: { params: releasePath, query: previewQuery },
    responses: answers(200, "the release", changedReleaseSchema, 404, 409, 412, 422),
  })
}

export const finalizeRelease = releaseChange("finalize", "Make a draft final: it gets its revision")

export const invalidateRelease = releaseChange("invalidate", "Exclude a release from being latest")

export const validateRelease = releaseChange("validate", "Take an invalidation back")
