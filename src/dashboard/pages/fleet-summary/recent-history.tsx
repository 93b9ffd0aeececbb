import { Card, Group, Stack, Text, Title } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { question } from "../../calls/queries.ts"
import { HistoryTable } from "../../parts/history/history-table.tsx"
import { PageLink } from "../../parts/page-link.tsx"
import { ProblemAlert } from "../../parts/problem-alert.tsx"

const SHOWN = 8

/** What was done last to a fleet. */
export function RecentHistory({ params }: { params: { organization: string; name: string } }) {
  const { data, error } = useQuery(
    question("get /fleets/{organization}/{name}/history", { params, query: { limit: SHOWN } }),
  )
  return (
    <Card withBorder component="section" aria-label="History" style={{ gridColumn: "1 / -1" }}>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2} size="h4">
            History
          </Title>
          <PageLink to="/fleets/$organization/$name/history" params={params} size="sm">
            All history
          </PageLink>
        </Group>
        <ProblemAlert error={error} title="The history cannot be shown" />
        <HistoryTable
          label="Recent history"
          events={data?.items}
          device={(uuid) => (
            <PageLink
              to="/devices/$uuid"
              params={{ uuid }}
              search={{ organization: params.organization }}
              underline="always"
            >
              {uuid.slice(0, 8)}
            </PageLink>
          )}
          empty={<Text size="sm">Nothing has been done yet.</Text>}
        />
      </Stack>
    </Card>
  )
}
