import { createRoute, z } from "@hono/zod-openapi"
import { BUNDLE_TYPE } from "../bundle.ts"
import { describeProblems } from "./describe-route.ts"
import { releasePath } from "./paths.ts"

const bundle = { [BUNDLE_TYPE]: { schema: z.string().meta({ format: "binary" }) } }

export const downloadBundle = createRoute({
  method: "get",
  path: "/releases/{id}/bundle",
  summary: "Download the bundle of a release: the bytes of an export, also in part (Range)",
  request: { params: releasePath },
  responses: {
    200: { description: "the bundle; its ETag names its bytes", content: bundle },
    206: { description: "the part that was asked for", content: bundle },
    304: { description: "whoever asks has it" },
    ...describeProblems([404, 416, 422, 502]),
  },
})
