import { type Document, isScalar, parseDocument, visit } from "yaml"
import type { Json } from "../bundle/release-manifest.ts"
import { canonicalJson } from "../oci/json.ts"
import { invalidCompose } from "./compose-error.ts"
import { checkNodes } from "./compose-nodes.ts"
import { composeNumbers, isInteger } from "./compose-numbers.ts"
import { type ComposePlace, takeTags } from "./compose-tags.ts"

export type ComposeSection = { [key: string]: Json }

/** A compose file as it is written: its variables are not filled in. */
export interface ComposeDocument {
  /** What messages call it. */
  path: string
  value: ComposeSection
  /** What it takes away of the files before it, by `!reset` and `!override`. */
  removed: ComposePlace[]
}

/** Parses one compose file. Throws `INVALID_COMPOSE_FILE` naming it and the place in it. */
export function parseComposeDocument(text: string, path: string): ComposeDocument {
  const document = parseDocument(text, {
    merge: true,
    prettyErrors: true,
    // What is not understood is refused here, and no warning of the library's own.
    logLevel: "error",
    customTags: (tags) => [...composeNumbers, ...tags],
  })
  const [error] = document.errors
  if (error?.code === "MULTIPLE_DOCS") {
    const hint = "put each into a file of its own, and name them all: -f a.yml -f b.yml"
    throw invalidCompose(path, "it holds several YAML documents, divided by ---", hint)
  }
  if (error) {
    const reason = error.message.split("\n")[0]?.replace(/:$/, "") ?? "it is not YAML"
    throw invalidCompose(path, reason, "check the file's syntax")
  }
  checkNodes(document, path)
  keepAsWritten(document, path)
  const removed = takeTags(document, path)
  return { path, value: checkShape(toJson(document, path), path), removed }
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
      if (!isInteger(source)) return
      throw invalidCompose(
        path,
        `${source.slice(0, 80)} is too large to be kept as a number`,
        "write it in quotes",
      )
    },
  })
}

function toJson(document: Document.Parsed, path: string): Json {
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 1000 })
  } catch (cause) {
    const hint = "check the file's aliases: *name stands for what &name marks"
    throw invalidCompose(path, "its aliases stand for too much", hint, cause)
  }
  try {
    // For what JSON cannot say; in the order of the file, which messages keep to.
    canonicalJson(value ?? {})
    return JSON.parse(JSON.stringify(value ?? {})) as Json
  } catch (cause) {
    const reason = "it holds a value that JSON cannot say, as .nan or .inf"
    throw invalidCompose(path, reason, "write it as a string", cause)
  }
}

/** compose-spec, schema; as long as a fleet takes it. */
const SERVICE_NAME = /^(?!__proto__$)[a-zA-Z0-9._-]{1,63}$/

/** Checks what is read of it here. A file that is merged with others may leave out whatever they have. */
function checkShape(value: Json, path: string): ComposeSection {
  const refuse = (place: string, reason: string) =>
    invalidCompose(path, `${place}: ${reason}`, "a compose file has `services:`, each with an `image:`")
  if (!isSection(value)) throw refuse("the file", noMapping(value))
  for (const key of ["services", "configs", "secrets"]) {
    const section = value[key] ?? null
    if (section !== null && !isSection(section)) throw refuse(key, noMapping(section))
  }
  for (const [name, service] of Object.entries(sectionOf(value.services))) {
    const place = `services.${name.slice(0, 80)}`
    if (!SERVICE_NAME.test(name)) throw refuse(place, "a service's name has 1 to 63 of a-z A-Z 0-9 . _ -")
    if (service !== null && !isSection(service)) throw refuse(place, noMapping(service))
    const image = service?.image ?? null
    if (image !== null && (typeof image !== "string" || image === "")) {
      throw refuse(`${place}.image`, "it is no text that names an image")
    }
  }
  return value
}

function noMapping(value: Json): string {
  return `it should be a mapping, and is a ${Array.isArray(value) ? "list" : KINDS[typeof value]}`
}

const KINDS: Readonly<Record<string, string>> = { string: "text", number: "number", boolean: "truth value" }

export function isSection(value: Json | undefined): value is ComposeSection {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

export function sectionOf(value: Json | undefined): ComposeSection {
  return isSection(value) ? value : {}
}
