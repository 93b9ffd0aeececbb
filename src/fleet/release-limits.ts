import { LIMIT_HINT, RELEASE_LIMITS, tooManyServices } from "../content/release-limits.ts"
import { canonicalJson } from "../oci/json.ts"
import { parseCommit } from "./commit.ts"
import { FleetError } from "./fleet-error.ts"
import { isPlainText } from "./plain-text.ts"
import type { ReleaseContent, ReleaseService } from "./release.ts"
import { checkTag } from "./tag.ts"
import { printVersion, type ReleaseVersion, tagOfService } from "./version.ts"

/** In characters. */
const LIMITS = { text: 1_000_000, time: 100, serviceName: 63 } as const

/** Levels of objects and lists in each other. What writes JSON or YAML overflows its stack at a thousand. */
const MAX_DEPTH = 100

/** compose-spec, schema, the names of services; begun so that `<service>-<version>` can be a tag. */
const SERVICE_NAME = /^(?!__proto__$)[a-zA-Z0-9_][a-zA-Z0-9._-]*$/

/** Kept free in every tag, for as many revisions as anyone makes. */
const GREATEST_REVISION = 999_999

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/

/** What is known of a release before its images are. */
interface ReleaseRequest extends ReleaseContent {
  version: ReleaseVersion
  services: readonly Pick<ReleaseService, "name">[]
}

/**
 * Checks a release that is to succeed against the limits of fleets, before anything is sent or recorded. Throws
 * `INVALID_COMMIT`, `LIMIT_EXCEEDED`, `INVALID_RELEASE` naming what does not fit, or `INVALID_VERSION` when a tag would be too
 * long.
 */
export function checkNewRelease(release: ReleaseRequest): void {
  checkReleaseContent(release)
  const count = release.services.length
  if (count > RELEASE_LIMITS.services) {
    throw new FleetError("LIMIT_EXCEEDED", tooManyServices(count), { hint: LIMIT_HINT })
  }
  const names = new Set<string>()
  for (const service of release.services) {
    checkServiceName(service)
    if (names.has(service.name)) throw invalid(`two services are named "${service.name}"`)
    names.add(service.name)
    tagOfService(service.name, printVersion(release.version, GREATEST_REVISION))
  }
}

/** Checks what every release has, of whatever status. Throws `INVALID_COMMIT` or `INVALID_RELEASE`. */
export function checkReleaseContent(content: ReleaseContent): void {
  if (parseCommit(content.commit) !== content.commit) {
    throw invalid(`the commit ${content.commit} is not in lower case`)
  }
  checkText("the time of creation", content.createdAt, LIMITS.time)
  if (!TIMESTAMP.test(content.createdAt) || Number.isNaN(Date.parse(content.createdAt))) {
    throw invalid(`"${content.createdAt.slice(0, 80)}" is not a time of creation in ISO 8601`)
  }
  checkDocument("the composition", content.composition)
  if (content.contract !== null) checkDocument("the contract", content.contract)
  if (content.note !== null) checkText("the note", content.note, LIMITS.text)
  checkTags(content.tags)
}

/** Checks the tags of a release. Throws `INVALID_RELEASE`. */
export function checkTags(tags: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(tags)) checkTag(key, value, "INVALID_RELEASE")
}

/** One text for one JSON value, to be kept and compared. Throws `INVALID_DOCUMENT` (an OciError). */
export function jsonText(value: Record<string, unknown>): string {
  return new TextDecoder().decode(canonicalJson(value))
}

function checkServiceName({ name }: Pick<ReleaseService, "name">): void {
  if (name.length <= LIMITS.serviceName && SERVICE_NAME.test(name)) return
  throw invalid(
    `"${name.slice(0, 80)}" cannot be the name of a service`,
    `use at most ${LIMITS.serviceName} of a-z A-Z 0-9 . _ -, and begin with a letter, a digit or _`,
  )
}

function checkDocument(what: string, document: Record<string, unknown>): void {
  if (isDeeper(document, MAX_DEPTH)) {
    throw invalid(`${what} is nested too deeply`, `at most ${MAX_DEPTH} levels are kept`)
  }
  checkText(what, jsonText(document), LIMITS.text)
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}

function checkText(what: string, text: string, limit: number): void {
  if (text.length > limit) {
    throw invalid(`${what} has ${text.length} characters`, `at most ${limit} are kept`)
  }
  if (!isPlainText(text))
    throw invalid(`${what} is not plain text`, "take out NUL characters and halves of surrogate pairs")
}

function invalid(message: string, hint?: string): FleetError {
  return new FleetError("INVALID_RELEASE", message, { hint })
}
