import { Text } from "@mantine/core"
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import type { Release } from "../../calls/answers.ts"
import { question } from "../../calls/queries.ts"
import { fleetParams } from "../../parts/fleet-params.ts"
import { HistoryTable } from "../../parts/history/history-table.tsx"
import { PageLink } from "../../parts/page-link.tsx"
import { ProblemAlert } from "../../parts/problem-alert.tsx"

/** Shown of it; the page of the fleet's history has all. */
const SHOWN = 50

/** What was done to a release, and with it. */
export function HistoryTab({ release: { fleet, commit } }: { release: Release }) {
  const params = fleetParams(fleet)
  const { data, error } = useQuery({
    ...question("get /fleets/{organization}/{name}/history", { params, query: { commit, limit: SHOWN } }),
    placeholderData: keepPreviousData,
  })
  if (error !== null && data === undefined) return <ProblemAlert error={error} />
  return (
    <>
      <HistoryTable
        label="History of the release"
        events={data?.items}
        device={(uuid) => (
          <PageLink
            to="/devices/$uuid"
            params={{ uuid }}
            search={{ organization: params.organization }}
            size="sm"
          >
            {uuid.slice(0, 8)}
          </PageLink>
        )}
        empty={<Text>Nothing was done to it since histories are kept.</Text>}
      />
      {data?.next && (
        <PageLink to="/fleets/$organization/$name/history" params={params} search={{ commit }} size="sm">
          Show all of it
        </PageLink>
      )}
    </>
  )
}
