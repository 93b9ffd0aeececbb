import { MAX_DOCUMENT_SIZE } from "../oci/json.ts"
import { nextLink } from "./link-header.ts"
import { printUrl } from "./location.ts"
import { RegistryError } from "./registry-error.ts"
import type { RepositoryCalls } from "./repository-calls.ts"
import { readDocumentBody } from "./response-body.ts"
import { discard, header } from "./transport.ts"

const MAX_PAGES = 10_000

/**
 * Reads a list page by page (distribution-spec 1.1, Listing tags and Listing referrers). Ends without a page where
 * the registry answers 404. Throws `INVALID_RESPONSE` for links that go round or lead to another host.
 */
export async function* readPages(
  repository: RepositoryCalls,
  first: string,
  accept: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const seen = new Set<string>()
  for (let path: string | URL = first; ; ) {
    const response = await repository.call({
      method: "GET",
      path,
      actions: "pull",
      headers: { accept },
      accept: [404],
      signal,
    })
    if (response.status === 404) return discard(response)
    yield await readDocumentBody(response, MAX_DOCUMENT_SIZE)
    const link = nextLink(header(response, "link"))
    if (link === undefined) return
    const next = repository.host.resolve(response.url, link)
    if (next.origin !== response.url.origin || seen.has(next.href) || seen.size >= MAX_PAGES) {
      throw new RegistryError(
        "INVALID_RESPONSE",
        `${repository.title}: the registry's list goes on at ${printUrl(next)}, which is elsewhere or was read before`,
      )
    }
    seen.add(next.href)
    path = next
  }
}
