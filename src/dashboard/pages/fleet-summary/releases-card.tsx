import { Badge, Card, Group, Stack, Text, Title } from "@mantine/core"
import { IconClockPause } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import type { ReleaseName } from "../../calls/answers.ts"
import { question } from "../../calls/queries.ts"
import { useMay } from "../../calls/session.ts"
import { fleetParams } from "../../parts/fleet-params.ts"
import { PolicyDropdown } from "../../parts/fleet-policy/policy-dropdown.tsx"
import { PageLink } from "../../parts/page-link.tsx"
import { PolicyBadge } from "../../parts/policy-badge.tsx"
import type { Fleet } from "../../parts/use-fleet.ts"

/** What a fleet deploys, and the dropdown that decides it. */
export function ReleasesCard({ fleet }: { fleet: Fleet }) {
  const params = fleetParams(fleet.slug)
  const may = useMay()
  const { data: rollout } = useQuery(question("get /fleets/{organization}/{name}/rollout", { params }))
  const latest = rollout?.latest ?? null
  const isOut = latest === null || latest.id === fleet.target?.id
  return (
    <Card withBorder component="section" aria-label="Releases">
      <Stack gap="sm" align="flex-start">
        <Title order={2} size="h4">
          Releases
        </Title>
        <Group gap="xs">
          <Text size="sm" c="dimmed" w={60}>
            Target
          </Text>
          <Version release={fleet.target} params={params} />
          <PolicyBadge isPinned={fleet.pin !== null} />
        </Group>
        <Group gap="xs">
          <Text size="sm" c="dimmed" w={60}>
            Latest
          </Text>
          <Version release={latest} params={params} />
          {!isOut && (
            <Badge
              variant="light"
              color="orange"
              tt="none"
              leftSection={<IconClockPause size={12} aria-hidden />}
            >
              not out
            </Badge>
          )}
        </Group>
        {may("deploy") && <PolicyDropdown fleet={fleet} latest={latest?.version} />}
        <PageLink to="/fleets/$organization/$name/releases" params={params} size="sm">
          All releases
        </PageLink>
      </Stack>
    </Card>
  )
}

function Version({
  release,
  params,
}: {
  release: ReleaseName | null
  params: ReturnType<typeof fleetParams>
}) {
  if (release === null) return <Text>none</Text>
  return (
    <PageLink
      to="/fleets/$organization/$name/releases/$release"
      params={{ ...params, release: String(release.id) }}
      fw={600}
      size="lg"
    >
      {release.version}
    </PageLink>
  )
}
