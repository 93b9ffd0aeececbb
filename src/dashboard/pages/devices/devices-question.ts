import { question } from "../../calls/queries.ts"
import { PAGE_SIZE } from "../../parts/pager.tsx"
import type { DevicesSearch } from "./route.ts"

/** What of the search selects devices, and does not say which of them are shown. */
export function filterOf({ page: _, sort: __, ...filter }: DevicesSearch) {
  return filter
}

/** The page of devices that an address shows: of one fleet, or of all. */
export function devicesQuestion(fleet: string | undefined, { page = 1, sort, ...filter }: DevicesSearch) {
  return question("get /devices", {
    query: {
      ...(fleet !== undefined && { fleet: fleet as `${string}/${string}` }),
      ...filter,
      sort,
      limit: PAGE_SIZE,
      offset: (page - 1) * PAGE_SIZE,
      count: "true",
    },
  })
}
