import { createRoute, z } from "@hono/zod-openapi"
import {
  BUNDLE_TYPE,
  BUNDLE_TYPES,
  bundleCheckQuery,
  bundleCheckSchema,
  importedReleaseSchema,
  importQuery,
  runningImportsSchema,
} from "../bundle.ts"
import { answers, describeProblems } from "./describe-route.ts"
import { fleetPath, releasePath } from "./paths.ts"

const bytes = { schema: z.string().meta({ format: "binary" }) }

export const downloadBundle = createRoute({
  method: "get",
  path: "/releases/{id}/bundle",
  summary: "Download the bundle of a release: the bytes of an export, also in part (Range)",
  request: { params: releasePath },
  responses: {
    200: { description: "the bundle; its ETag names its bytes", content: { [BUNDLE_TYPE]: bytes } },
    206: { description: "the part that was asked for", content: { [BUNDLE_TYPE]: bytes } },
    304: { description: "whoever asks has it" },
    ...describeProblems([404, 409, 416, 422, 502]),
  },
})

/**
 * Not in `request.body` of the routes below: they read it as it streams in, and hono would take it whole.
 */
const REFUSALS = [404, 409, 412, 415, 422, 502]

export const importBundle = importRoute("post")

/** The same by PUT, as `curl -T` sends files. */
export const putBundle = importRoute("put")

function importRoute<const Method extends "post" | "put">(method: Method) {
  return createRoute({
    method,
    path: "/fleets/{organization}/{name}/bundles",
    summary: "Import a bundle as it streams in; the body is the bundle",
    description: `Takes ${BUNDLE_TYPES.join(", ")}, or no type. Repeated, it skips what is there.`,
    request: { params: fleetPath, query: importQuery },
    responses: {
      ...answers(201, "the release, and what it moved", importedReleaseSchema),
      ...answers(200, "the release, which the fleet had already", importedReleaseSchema, ...REFUSALS),
    },
  })
}

export const checkBundle = createRoute({
  method: "post",
  path: "/fleets/{organization}/{name}/bundles/check",
  summary: "Say what a bundle is, and which of its blobs the fleet lacks; the body is its head, or all of it",
  description: "No more than the head is read: all that stands before the first blob.",
  request: { params: fleetPath, query: bundleCheckQuery },
  responses: answers(200, "what it is, and what is missing", bundleCheckSchema, ...REFUSALS),
})

export const listImports = createRoute({
  method: "get",
  path: "/fleets/{organization}/{name}/imports",
  summary: "List the imports into a fleet that are under way on this server",
  request: { params: fleetPath },
  responses: answers(200, "the imports, all on one page", runningImportsSchema, 404, 422),
})
