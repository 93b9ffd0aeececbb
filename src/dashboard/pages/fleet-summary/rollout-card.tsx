import { Card, Group, Skeleton, Stack, Text, Title } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { question } from "../../calls/queries.ts"
import { printCount } from "../../parts/count.ts"
import { PageLink } from "../../parts/page-link.tsx"
import { ProblemAlert } from "../../parts/problem-alert.tsx"
import { RolloutBar } from "../../parts/rollout/rollout-bar.tsx"
import { ROLLOUT_PARTS } from "../../parts/rollout/rollout-parts.ts"

interface Params {
  organization: string
  name: string
}

/** How far the target has come: each part leads to its devices. */
export function RolloutCard({ params }: { params: Params }) {
  const { data: rollout, error } = useQuery(question("get /fleets/{organization}/{name}/rollout", { params }))
  return (
    <Card withBorder component="section" aria-label="Rollout">
      <Stack gap="sm">
        <Title order={2} size="h4">
          Rollout
        </Title>
        <ProblemAlert error={error} title="The rollout cannot be shown" />
        {rollout === undefined && error === null && <Skeleton height={72} />}
        {rollout !== undefined && (
          <>
            <RolloutBar rollout={rollout} />
            <Text size="sm">
              {printCount(rollout.devices, "device")}, target {rollout.target?.version ?? "none"}
            </Text>
            <Group component="ul" gap="md" p={0} m={0} style={{ listStyle: "none" }}>
              {ROLLOUT_PARTS.map(({ part, of, words, color, icon: Icon }) => (
                <li key={part}>
                  <PageLink
                    to="/fleets/$organization/$name/devices"
                    params={params}
                    search={{ rollout: part }}
                    size="sm"
                  >
                    <Icon size={14} aria-hidden color={`var(--mantine-color-${color.replace(".", "-")})`} />{" "}
                    {rollout[of].toLocaleString("en")} {words}
                  </PageLink>
                </li>
              ))}
            </Group>
          </>
        )}
      </Stack>
    </Card>
  )
}
