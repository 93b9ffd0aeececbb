import type { Descriptor } from "../../oci/descriptor.ts"
import type { Digest } from "../../oci/digest.ts"
import { MAX_DOCUMENT_SIZE } from "../../oci/json.ts"
import { MediaType } from "../../oci/media-types.ts"
import type { Exchange } from "./exchange.ts"
import { checkDigest } from "./manifests.ts"
import type { OpenRepository, Visitor } from "./registry-access.ts"
import { RegistryRefusal } from "./registry-refusal.ts"

/** Of a list without `n`, and of referrers: each can carry annotations. */
const PAGE = 1000

/** In bytes, and some more. */
const EMPTY_INDEX_SIZE = 200

export async function listTags(
  exchange: Exchange,
  { content, only }: OpenRepository,
  name: string,
): Promise<void> {
  if (only !== undefined) throw new RegistryRefusal("DENIED", "a device pulls what its target names")
  const { limit, after } = page(exchange)
  const tags = limit === 0 ? [] : await content.listTags({ after, limit: limit + 1 })
  exchange.answerJson({ name, tags: tags.slice(0, limit) }, next(exchange, tags, limit))
}

export async function listRepositories(exchange: Exchange, visitor: Visitor): Promise<void> {
  const { limit, after } = page(exchange)
  const names = (await visitor.listRepositories()).filter((name) => after === undefined || name > after)
  exchange.answerJson(
    { repositories: names.slice(0, limit) },
    limit === 0 ? {} : next(exchange, names, limit),
  )
}

export async function listReferrers(
  exchange: Exchange,
  { content, only }: OpenRepository,
  text: string,
): Promise<void> {
  if (only !== undefined) throw new RegistryRefusal("DENIED", "a device pulls what its target names")
  const subject = checkDigest(text)
  const type = exchange.query.get("artifactType")
  const manifests: Descriptor[] = []
  let size = EMPTY_INDEX_SIZE
  let last: Digest | undefined
  for await (const found of content.listReferrers(subject, exchange.query.get("last") ?? undefined)) {
    if (type !== null && found.artifactType !== type) continue
    size += Buffer.byteLength(JSON.stringify(found)) + 1
    if (manifests.length === PAGE || (manifests.length > 0 && size > MAX_DOCUMENT_SIZE)) {
      last = manifests.at(-1)?.digest
      break
    }
    manifests.push(found)
  }
  exchange.answerJson(
    { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests },
    {
      "content-type": MediaType.ociIndex,
      ...(type !== null && { "oci-filters-applied": "artifactType" }),
      ...(last !== undefined && { link: link(exchange, { last }) }),
    },
  )
}

function page({ query }: Exchange): { limit: number; after: string | undefined } {
  const n = query.get("n")
  if (n !== null && !/^[0-9]{1,9}$/.test(n)) {
    throw new RegistryRefusal("UNSUPPORTED", "n is the number of names, in digits", { status: 400 })
  }
  return { limit: n === null ? PAGE : Math.min(Number(n), PAGE), after: query.get("last") ?? undefined }
}

/** A `Link` where there is more (RFC 8288). */
function next(exchange: Exchange, names: readonly string[], limit: number): Record<string, string> {
  const last = names[limit - 1]
  if (names.length <= limit || last === undefined) return {}
  return { link: link(exchange, { n: String(limit), last }) }
}

function link({ path, query }: Exchange, parameters: Record<string, string>): string {
  const all = new URLSearchParams(query)
  for (const [name, value] of Object.entries(parameters)) all.set(name, value)
  return `<${path}?${all}>; rel="next"`
}
