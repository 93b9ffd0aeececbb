import { type Digest, isDigest, parseDigest } from "./digest.ts"
import { OciError } from "./oci-error.ts"

/** A reference to an image in a registry, with Docker's defaults filled in. */
export interface Reference {
  /** Host with an optional port, as in `127.0.0.1:5000`; Docker Hub is `docker.io`. */
  registry: string
  /** Name in the registry, as in `library/busybox`. */
  repository: string
  tag?: string | undefined
  digest?: Digest | undefined
}

const DEFAULT_REGISTRY = "docker.io"
/** Of registry and repository together (distribution-spec 1.1, Pulling manifests). */
const MAX_NAME_LENGTH = 255

const label = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
const HOST = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[0-9a-fA-F:.]+\\])(?::[0-9]{1,5})?$`)
const PATH = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/

/** Whether a text can be a tag (distribution-spec 1.1: at most 128 characters). */
export function isTag(text: string): boolean {
  return TAG.test(text)
}

/** Whether a text can name a repository within a registry, as in `acme/edge` (distribution-spec 1.1). */
export function isRepository(text: string): boolean {
  return PATH.test(text)
}

/**
 * Parses `[registry/]repository[:tag][@digest]` as Docker and Podman do: no host means `docker.io`, and a single
 * name there lies under `library/`. No default tag is filled in. Throws `INVALID_REFERENCE`.
 */
export function parseReference(text: string): Reference {
  const [name = "", digestText, ...more] = text.split("@")
  if (more.length > 0) throw invalid(text, "it has more than one @")
  if (/^[0-9a-f]{64}$/.test(text)) throw invalid(text, "64 hex digits are an image id, not a name")
  const digest = digestText === undefined ? undefined : parseReferenceDigest(text, digestText)

  const slash = name.lastIndexOf("/")
  const colon = name.indexOf(":", slash + 1)
  const tag = colon < 0 ? undefined : name.slice(colon + 1)
  if (tag !== undefined && !isTag(tag)) throw invalid(text, `${quoted(tag)} is not a tag`)

  const { registry, repository } = splitName(colon < 0 ? name : name.slice(0, colon))
  const result = { ...parseRepositoryName(text, registry, repository), ...(tag === undefined ? {} : { tag }) }
  return digest === undefined ? result : { ...result, digest }
}

/** Parses `HOST[/PREFIX]`, the place where a registry keeps repositories. Throws `INVALID_REFERENCE`. */
export function parseRegistryPrefix(text: string): { registry: string; prefix: string } {
  const slash = text.indexOf("/")
  const registry = slash < 0 ? text : text.slice(0, slash)
  const prefix = slash < 0 ? "" : text.slice(slash + 1)
  if (!isHostAndPort(registry)) throw invalidPrefix(text, `${quoted(registry)} is not a host`)
  if (slash >= 0 && !PATH.test(prefix))
    throw invalidPrefix(text, `${quoted(prefix)} is not a repository path`)
  return { registry, prefix }
}

/** Prints a reference in full; parsing it again gives the same reference. */
export function printReference(reference: Reference): string {
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`
  const digest = reference.digest === undefined ? "" : `@${reference.digest}`
  return `${reference.registry}/${reference.repository}${tag}${digest}`
}

function parseReferenceDigest(text: string, digest: string): Digest {
  if (!isDigest(digest)) throw invalid(text, `${quoted(digest)} is not a sha256 or sha512 digest`)
  return parseDigest(digest)
}

/** The first part is a host only if it looks like one: a dot, a colon, a capital letter, or `localhost`. */
function splitName(name: string): { registry: string; repository: string } {
  const slash = name.indexOf("/")
  const first = name.slice(0, slash)
  const isHost = slash > 0 && (/[.:A-Z[]/.test(first) || first === "localhost")
  return isHost
    ? { registry: first, repository: name.slice(slash + 1) }
    : { registry: DEFAULT_REGISTRY, repository: name }
}

function parseRepositoryName(text: string, host: string, path: string): Reference {
  checkHost(text, host)
  const isHub = host === DEFAULT_REGISTRY || host === "index.docker.io"
  if (!PATH.test(path)) {
    throw invalid(
      text,
      /[A-Z]/.test(path) ? "a repository is written in lower case" : `${quoted(path)} is not a repository`,
    )
  }
  const registry = isHub ? DEFAULT_REGISTRY : host
  const repository = isHub && !path.includes("/") ? `library/${path}` : path
  if (registry.length + 1 + repository.length > MAX_NAME_LENGTH) {
    throw invalid(text, `the name is longer than ${MAX_NAME_LENGTH} characters`)
  }
  return { registry, repository }
}

function checkHost(text: string, host: string): void {
  if (!isHostAndPort(host)) throw invalid(text, `${quoted(host)} is not a host`)
}

function isHostAndPort(text: string): boolean {
  const port = /:([0-9]+)$/.exec(text)?.[1]
  return HOST.test(text) && (port === undefined || Number(port) <= 65535)
}

function invalid(text: string, reason: string): OciError {
  return new OciError("INVALID_REFERENCE", `${quoted(text)} is not an image reference: ${reason}`, {
    hint: "a reference is [host[:port]/]repository[:tag][@sha256:…]",
  })
}

function invalidPrefix(text: string, reason: string): OciError {
  return new OciError("INVALID_REFERENCE", `${quoted(text)} is not a place in a registry: ${reason}`, {
    hint: "write it as host[:port][/prefix], without https://",
  })
}

/** A reference that is right has at most some 550 characters; of a longer one the beginning says enough. */
function quoted(text: string): string {
  return text.length > 600 ? `"${text.slice(0, 100)}…"` : `"${text}"`
}
