import { createRoute, z } from "@hono/zod-openapi"
import { comparisonSchema } from "../comparison.ts"
import { releaseContentSchema } from "../release-content.ts"
import { answers, describeProblems } from "./describe-route.ts"
import { releasePath } from "./paths.ts"

const KNOWN = { 304: { description: "whoever asks has it: see If-None-Match" } }

export const showReleaseContent = createRoute({
  method: "get",
  path: "/releases/{id}/content",
  summary: "Show what the images of a release are made of: platforms, layers, sizes",
  request: { params: releasePath },
  responses: {
    ...answers(200, "the content", releaseContentSchema, 404, 409, 422, 502),
    ...KNOWN,
  },
})

export const compareReleases = createRoute({
  method: "get",
  path: "/releases/{id}/compare/{other}",
  summary: "Compare a release with another one, as if that were before it",
  request: { params: releasePath.extend({ other: releasePath.shape.id }) },
  responses: {
    ...answers(200, "what is another in it, and what has to move", comparisonSchema, 404, 409, 422, 502),
    ...KNOWN,
  },
})

export const showReleaseCompose = createRoute({
  method: "get",
  path: "/releases/{id}/compose",
  summary: "Show the compose file of a release, with its images by digest",
  request: { params: releasePath },
  responses: {
    200: {
      description: "what `docker compose up` takes",
      content: { "application/yaml": { schema: z.string() } },
    },
    ...KNOWN,
    ...describeProblems([404, 409]),
  },
})
