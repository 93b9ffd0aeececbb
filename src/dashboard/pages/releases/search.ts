import { count, oneOf, text } from "../../search.ts"

export const STATUSES = ["running", "success", "failed", "cancelled"] as const
const YES_OR_NO = ["true", "false"] as const
const ORDERS = ["recordedAt", "-recordedAt", "version", "-version"] as const

export interface ReleasesSearch {
  search?: string | undefined
  status?: (typeof STATUSES)[number] | undefined
  draft?: (typeof YES_OR_NO)[number] | undefined
  invalidated?: (typeof YES_OR_NO)[number] | undefined
  tag?: string | undefined
  sort?: (typeof ORDERS)[number] | undefined
  page?: number | undefined
  /** Whether the dialog that imports a release is open. */
  import?: true | undefined
}

export function validateSearch(search: Record<string, unknown>): ReleasesSearch {
  return {
    search: text(search.search),
    status: oneOf(STATUSES, search.status),
    draft: oneOf(YES_OR_NO, String(search.draft)),
    invalidated: oneOf(YES_OR_NO, String(search.invalidated)),
    tag: text(search.tag),
    sort: oneOf(ORDERS, search.sort),
    page: count(search.page),
    import: String(search.import) === "true" ? true : undefined,
  }
}
