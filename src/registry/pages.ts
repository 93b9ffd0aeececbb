import { nextLink } from "../http/link-header.ts"
import { printUrl } from "../http/location.ts"
import { header } from "../http/message.ts"
import { MAX_DOCUMENT_SIZE } from "../oci/json.ts"
import { ListTime } from "./list-time.ts"
import { RegistryError } from "./registry-error.ts"
import type { RepositoryCalls } from "./repository-calls.ts"

/** Of one list. Registries give pages of 50 entries or more. */
const MAX_PAGES = 10_000
/** Of one list with its links, in bytes: 200,000 of the longest tags, or 100,000 referrers. */
const MAX_SIZE = 32 * 1024 * 1024

/**
 * Reads a list page by page (distribution-spec 1.1, Listing tags and Listing referrers). Ends without a page where
 * the registry answers 404. Throws `INVALID_RESPONSE` for links that go round or lead to another host, and for a list
 * that does not end within 10,000 pages and 32 MiB; `TRANSFER_TOO_SLOW` for one whose pages are waited for
 * longer than an hour in all.
 */
export async function* readPages(
  repository: RepositoryCalls,
  first: string,
  accept: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  using time = new ListTime(repository.host.options.listTimeout, repository.title, signal)
  const seen = new Set<string>()
  let size = 0
  for (let path: string | URL = first; ; ) {
    const answer = await time.wait((stop) =>
      repository.getDocument({ path, headers: { accept }, signal: stop }, MAX_DOCUMENT_SIZE),
    )
    if (answer === undefined) return
    const { response, bytes } = answer
    const link = nextLink(header(response, "link"))
    // The links are kept too, to see one that comes again.
    size += (bytes?.length ?? 0) + (link?.length ?? 0)
    if (bytes === undefined || size > MAX_SIZE || seen.size >= MAX_PAGES) throw tooLong(repository)
    yield bytes
    if (link === undefined) return
    const next = repository.host.resolve(response.url, link)
    if (next.origin !== response.url.origin || seen.has(next.href)) {
      throw new RegistryError(
        "INVALID_RESPONSE",
        `${repository.title}: the registry's list goes on at ${printUrl(next)}, which is elsewhere or was read before`,
      )
    }
    seen.add(next.href)
    path = next
  }
}

function tooLong(repository: RepositoryCalls): RegistryError {
  return new RegistryError(
    "INVALID_RESPONSE",
    `${repository.title}: the registry's list has a page of more than 4 MiB, more than ${MAX_PAGES} pages, or more than 32 MiB in all, which is refused`,
    { hint: "the registry does not page its lists as the specification has it: look at its version" },
  )
}
