import { useSuspenseQuery } from "@tanstack/react-query"
import { question } from "../calls/queries.ts"
import type { Answer } from "../calls/routes.ts"

export type Fleet = Answer<"get /fleets/{organization}/{name}">

/** The fleet of a page, which has been asked for when the page is shown. */
export function useFleet({ organization, name }: { organization: string; name: string }): Fleet {
  const params = { organization, name }
  return useSuspenseQuery(question("get /fleets/{organization}/{name}", { params })).data
}
