import type { Json } from "../bundle/release-manifest.ts"
import { canonicalJson } from "../oci/json.ts"
import {
  type ComposeDocument,
  type ComposeSection,
  parseComposeDocument,
  sectionOf,
} from "./compose-document.ts"
import { invalidCompose, printPlace } from "./compose-error.ts"
import { mergeCompose } from "./compose-merge.ts"
import { warningsOf } from "./compose-warnings.ts"
import { interpolate } from "./interpolation.ts"

export interface ComposeFile {
  /**
   * The composition as a release keeps it: everything but `image` and `build` of the services. Which image a
   * service runs is held by digest, and where it was taken from is nobody's business at the far side.
   */
  composition: ComposeSection
  images: ServiceImageName[]
  /** What the release cannot carry along, one sentence each. */
  warnings: string[]
}

/** The image of a service, and the file that names it. */
export interface ServiceImageName {
  service: string
  image: string
  path: string
}

/** A compose file, and what messages call it. */
export interface ComposeText {
  path: string
  text: string
}

const HINT_ONE_FILE = "put the services into one file (`docker compose config`)"

/**
 * Parses a compose file (compose-spec), or several that are merged as Compose does. Variables are filled in for `image` alone, from
 * `environment`; all else is kept for the place where the release runs. Throws `INVALID_COMPOSE_FILE` naming the file and the
 * service.
 */
export function parseComposeFiles(
  texts: readonly ComposeText[],
  environment: Readonly<Record<string, string | undefined>>,
): ComposeFile {
  const documents = texts.map(({ text, path }) => parseComposeDocument(text, path))
  for (const document of documents) refuseOtherFiles(document)
  const paths = texts.map(({ path }) => path).join(", ")
  const [first, ...others] = documents
  const merged = first === undefined ? {} : mergeCompose(first, others)
  const services = Object.entries(sectionOf(merged.services))
  if (services.length === 0) {
    throw invalidCompose(paths, "it has no services", "name at least one service with an image")
  }
  const images = services.map(([service, definition]) => {
    const { image, build } = sectionOf(definition)
    if (typeof image === "string") {
      const path = fileOfImage(documents, service) ?? paths
      return { service, image: interpolate(image, environment, `${path}: service ${service}`), path }
    }
    throw invalidCompose(
      paths,
      build === undefined
        ? `service ${service} has no image`
        : `service ${service} has a build but no image: Waybill takes images in, it does not build them`,
      "build and push the image, then name it under `image:`",
    )
  })
  const composition = canonical({ ...merged, services: Object.fromEntries(services.map(withoutImage)) })
  return { composition, images, warnings: warningsOf(composition) }
}

function refuseOtherFiles({ path, value }: ComposeDocument): void {
  if (value.include !== undefined) throw invalidCompose(path, "include brings in other files", HINT_ONE_FILE)
  for (const [service, definition] of Object.entries(sectionOf(value.services))) {
    if (sectionOf(definition).extends === undefined) continue
    throw invalidCompose(path, `${printPlace(["services", service])} extends another`, HINT_ONE_FILE)
  }
}

/** The last that names one: of a scalar, that is the one that holds. */
function fileOfImage(documents: readonly ComposeDocument[], service: string): string | undefined {
  return documents.findLast(({ value }) => {
    const services = sectionOf(value.services)
    return Object.hasOwn(services, service) && typeof sectionOf(services[service]).image === "string"
  })?.path
}

function canonical(section: ComposeSection): ComposeSection {
  return JSON.parse(Buffer.from(canonicalJson(section)).toString()) as ComposeSection
}

function withoutImage([service, definition]: [string, Json]): [string, Json] {
  const { image: _, build: __, ...rest } = sectionOf(definition)
  return [service, rest]
}
