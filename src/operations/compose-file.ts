import { type Document, isScalar, parseDocument, type ScalarTag, visit } from "yaml"
import { z } from "zod"
import type { Json } from "../bundle/release-manifest.ts"
import { describeIssue } from "../oci/issue.ts"
import { canonicalJson } from "../oci/json.ts"
import { warningsOf } from "./compose-warnings.ts"
import { interpolate } from "./interpolation.ts"
import { OperationError } from "./operation-error.ts"

export interface ComposeFile {
  /**
   * The composition as a release keeps it: everything but `image` and `build` of the services. Which image a
   * service runs is held by digest, and where it was taken from is nobody's business at the far side.
   */
  composition: { [key: string]: Json }
  images: { service: string; image: string }[]
  /** What the release cannot carry along, one sentence each. */
  warnings: string[]
}

const serviceSchema = z.looseObject({
  image: z.string().min(1).optional(),
  build: z.unknown().optional(),
  extends: z.unknown().optional(),
})

const composeSchema = z.looseObject({
  services: z.record(
    z
      .string()
      .regex(/^(?!__proto__$)[a-zA-Z0-9._-]{1,63}$/, "a service's name has 1 to 63 of a-z A-Z 0-9 . _ -"),
    serviceSchema,
  ),
  include: z.unknown().optional(),
  configs: z.record(z.string(), z.unknown()).optional(),
  secrets: z.record(z.string(), z.unknown()).optional(),
})

/**
 * Parses a compose file (compose-spec). Variables are filled in for `image` alone, from `environment`; all else is
 * kept for the place where the release runs. Throws `INVALID_COMPOSE_FILE` naming the file and the service.
 */
export function parseComposeFile(
  text: string,
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): ComposeFile {
  const file = checkShape(parseYaml(text, path), path)
  if (file.include !== undefined) {
    throw invalid(
      path,
      "include brings in other files",
      "put the services into one file (`docker compose config`)",
    )
  }
  const entries = Object.entries(file.services)
  if (entries.length === 0)
    throw invalid(path, "it has no services", "name at least one service with an image")
  const images = entries.map(([service, definition]) => {
    if (definition.extends !== undefined) {
      throw invalid(
        path,
        `service ${service} extends another`,
        "put the services into one file (`docker compose config`)",
      )
    }
    if (definition.image === undefined) {
      throw invalid(
        path,
        definition.build === undefined
          ? `service ${service} has no image`
          : `service ${service} has a build but no image: Waybill takes images in, it does not build them`,
        "build and push the image, then name it under `image:`",
      )
    }
    return { service, image: interpolate(definition.image, environment, `${path}: service ${service}`) }
  })
  const composition = compositionOf(file, path)
  return { composition, images, warnings: warningsOf(composition) }
}

/** The `mode: 0440` of files: compose's own parser (go-yaml) reads octal as YAML 1.1 does, else as YAML 1.2. */
const octal: ScalarTag = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  test: /^[-+]?0[0-7]+$/,
  resolve: (text) => Number.parseInt(text, 8),
}

function parseYaml(text: string, path: string): unknown {
  const document = parseDocument(text, {
    merge: true,
    prettyErrors: true,
    customTags: (tags) => [octal, ...tags],
  })
  const [error] = document.errors
  if (error)
    throw invalid(
      path,
      error.message.split("\n")[0]?.replace(/:$/, "") ?? "it is not YAML",
      "check the file's syntax",
    )
  keepAsWritten(document, path)
  try {
    return document.toJS({ maxAliasCount: 1000 })
  } catch (cause) {
    throw invalid(
      path,
      (cause as Error).message,
      "check the file's aliases: *name stands for what &name marks",
      cause,
    )
  }
}

/**
 * Makes each key the text that stands there: the variable `TRUE` is none named `true`. And refuses integers over 2^53, which JSON
 * would round without a word.
 */
function keepAsWritten(document: Document.Parsed, path: string): void {
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key) && ["number", "boolean", "object"].includes(typeof key.value))
        key.value = key.source ?? ""
    },
    Scalar(_, { value, source = "" }) {
      if (typeof value !== "number" || Number.isSafeInteger(value)) return
      if (!/^[-+]?(?:\d+|0[xo][\da-f]+)$/i.test(source)) return
      throw invalid(path, `${source.slice(0, 80)} is too large to be kept as a number`, "write it in quotes")
    },
  })
}

function checkShape(value: unknown, path: string): z.output<typeof composeSchema> {
  const result = composeSchema.safeParse(value ?? {})
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const place = issue?.path.map(String).join(".") || "the file"
  throw invalid(
    path,
    `${place}: ${describeIssue(issue)}`,
    "a compose file has `services:`, each with an `image:`",
  )
}

function compositionOf(file: z.output<typeof composeSchema>, path: string): { [key: string]: Json } {
  const services = Object.entries(file.services).map(([name, { image: _, build: __, ...rest }]) => [
    name,
    rest,
  ])
  try {
    return JSON.parse(
      Buffer.from(canonicalJson({ ...file, services: Object.fromEntries(services) })).toString(),
    )
  } catch (cause) {
    throw invalid(
      path,
      "it holds a value that JSON cannot say, as .nan or .inf",
      "write it as a string",
      cause,
    )
  }
}

function invalid(path: string, reason: string, hint: string, cause?: unknown): OperationError {
  return new OperationError("INVALID_COMPOSE_FILE", `${path}: ${reason}`, { hint, cause })
}
