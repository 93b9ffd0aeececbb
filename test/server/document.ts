import { z } from "zod"

/** The part of an OpenAPI document that answers are held against. */
export interface Document {
  paths: Record<string, Record<string, { responses: Record<string, Described> }>>
  components: { schemas: Record<string, unknown> }
}

interface Described {
  content?: Record<string, { schema: Record<string, unknown> }>
}

/** The routes of a document, as in `GET /api/v1/fleets`. */
export function routesOf({ paths }: Document): string[] {
  return Object.entries(paths)
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
    .toSorted()
}

/** What is wrong with an answer to a route by its document; `undefined` when nothing is. */
export function faultOf(
  document: Document,
  route: string,
  answer: { status: number; type: string; text: string },
): string | undefined {
  const [method = "", path = ""] = route.split(" ")
  const described = document.paths[path]?.[method.toLowerCase()]?.responses[String(answer.status)]
  if (described === undefined) return `${route} does not say that it answers ${answer.status}`
  if (described.content === undefined) return answer.text === "" ? undefined : `${route} answers a body`
  const type = answer.type.split(";")[0] ?? ""
  const schema = described.content[type]?.schema
  if (schema === undefined) return `${route} does not say that it answers ${answer.status} with ${type}`
  const isJson = type.endsWith("json")
  const result = schemaOf(document, schema).safeParse(isJson ? JSON.parse(answer.text) : answer.text)
  return result.success ? undefined : `${route} ${answer.status}: ${result.error.message}\n${answer.text}`
}

/** Of all schemas of documents that answers were held against: making one takes longer than the answer. */
const validators = new Map<string, z.ZodType>()

/** Where components lie in a document, they lie in the schema itself for the validator. */
function schemaOf({ components }: Document, schema: Record<string, unknown>): z.ZodType {
  const whole = JSON.stringify({ ...schema, $defs: components.schemas })
  const validator =
    validators.get(whole) ??
    z.fromJSONSchema(JSON.parse(whole.replaceAll("#/components/schemas/", "#/$defs/")))
  validators.set(whole, validator)
  return validator
}
