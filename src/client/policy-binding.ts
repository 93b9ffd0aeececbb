import type { z } from "zod"
import type { PolicyOptions, PreviewOptions } from "../fleet/fleet-store.ts"
import { checkGeneration } from "../fleet/policy.ts"
import type { Call, ServerConnection } from "./server-connection.ts"

/**
 * Binds a change of policy to the generation that it expects: the server binds it to the state that was read with
 * that. Such a change is not sent again when its answer is lost, as it would be refused for having been done.
 */
export async function boundTo(
  server: ServerConnection,
  what: string,
  path: string,
  schema: z.ZodType<{ generation: number }>,
  { generation, signal }: PolicyOptions,
): Promise<Pick<Call, "headers" | "repeatable">> {
  if (generation === undefined) return {}
  const { resource, etag } = await server.read(path, schema, signal)
  checkGeneration(what, resource.generation, generation)
  return { headers: { "if-match": etag }, repeatable: false }
}

/** The query of a change that may be a preview. */
export function previewOf({ preview = false }: PreviewOptions): Call["query"] {
  return preview ? { preview } : {}
}
