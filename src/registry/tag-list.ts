import { z } from "zod"
import { parseJson } from "../oci/json.ts"
import { isTag } from "../oci/reference.ts"
import { readPages } from "./pages.ts"
import type { RepositoryCalls } from "./repository-calls.ts"

const PAGE = 1000

/** Docker's registry answers `null` where there is no tag. */
const tagsSchema = z.object({ tags: z.array(z.string()).nullish() })

/** Lists a repository's tags as the registry orders them. A repository that is not there has none. */
export async function* listTags(
  repository: RepositoryCalls,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, undefined> {
  const what = `the tags of ${repository.title}`
  for await (const page of readPages(repository, `tags/list?n=${PAGE}`, "application/json", signal)) {
    for (const tag of parseJson(page, what, tagsSchema).tags ?? []) if (isTag(tag)) yield tag
  }
}
