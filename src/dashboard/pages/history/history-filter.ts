import type { FleetEvent } from "../../calls/answers.ts"
import type { CallInput } from "../../calls/routes.ts"
import { ACTION_NAMES } from "../../parts/history/event-words.tsx"

/** What the address says of the entries that are looked for. */
export interface HistorySearch {
  action?: string | undefined
  actor?: string | undefined
  device?: string | undefined
  commit?: string | undefined
  /** The first day, and the last, of whoever looks: `2026-11-22`. */
  since?: string | undefined
  until?: string | undefined
  page?: number | undefined
}

type Query = NonNullable<CallInput<"get /fleets/{organization}/{name}/history">["query"]>

/** The same as the API asks for it: days become times. What is no day or no action is left out. */
export function queryOf({ page: _, action, since, until, ...filter }: HistorySearch): Query {
  const known = Object.keys(ACTION_NAMES).find((each) => each === action) as FleetEvent["action"] | undefined
  return {
    ...filter,
    ...(known !== undefined && { action: [known] }),
    since: startOf(since, 0),
    until: startOf(until, 1),
  }
}

/** When a day begins where whoever looks is, or so many days after it. */
function startOf(day: string | undefined, after: number): string | undefined {
  const [year, month, date] =
    /^(\d{4})-(\d\d)-(\d\d)$/
      .exec(day ?? "")
      ?.slice(1)
      .map(Number) ?? []
  if (year === undefined || month === undefined || date === undefined) return undefined
  return new Date(year, month - 1, date + after).toISOString()
}
