import { Group, SimpleGrid, Skeleton, Stack, Text, Title } from "@mantine/core"
import { IconArrowsExchange } from "@tabler/icons-react"
import { useQuery, useSuspenseQuery } from "@tanstack/react-query"
import { createLazyRoute } from "@tanstack/react-router"
import type { Release } from "../../calls/answers.ts"
import { question } from "../../calls/queries.ts"
import { PageLink } from "../../parts/page-link.tsx"
import { ProblemAlert } from "../../parts/problem-alert.tsx"
import { ReleaseSelect } from "../../parts/release-select.tsx"
import { usePageTitle } from "../../shell/page-title.ts"
import { BytesToMove } from "./bytes-to-move.tsx"
import type { Comparison } from "./comparison.ts"
import { OtherKeys } from "./other-keys.tsx"
import { Services } from "./services.tsx"
import { Values } from "./values.tsx"

export const Route = createLazyRoute(
  "/signed-in/fleets/$organization/$name/releases/$release/compare/$other",
)({ component: Page })

function Page() {
  const { release: id, other, ...params } = Route.useParams()
  const navigate = Route.useNavigate()
  const { data: after } = useSuspenseQuery(question("get /releases/{id}", { params: { id: Number(id) } }))
  const { data: before } = useSuspenseQuery(question("get /releases/{id}", { params: { id: Number(other) } }))
  const { data, error } = useQuery(
    question("get /releases/{id}/compare/{other}", { params: { id: after.id, other: before.id } }),
  )
  usePageTitle(`${before.version} and ${after.version}`, "Compare", after.fleet)
  const compare = (release: number | undefined, other: number | undefined) => {
    if (release === undefined || other === undefined) return
    void navigate({
      to: "/fleets/$organization/$name/releases/$release/compare/$other",
      params: { ...params, release: String(release), other: String(other) },
      resetScroll: false,
    })
  }
  return (
    <Stack>
      <Title order={2}>
        From <Name release={before} /> to <Name release={after} />
      </Title>
      <Group align="flex-end">
        <ReleaseSelect
          fleet={before.fleet}
          label="From"
          placeholder="A release"
          value={before.id}
          onChange={(chosen) => compare(after.id, chosen)}
          isPinnable
        />
        <ReleaseSelect
          fleet={after.fleet}
          label="To"
          placeholder="A release"
          value={after.id}
          onChange={(chosen) => compare(chosen, before.id)}
          isPinnable
        />
        <PageLink
          to="/fleets/$organization/$name/releases/$release/compare/$other"
          params={{ ...params, release: other, other: id }}
        >
          <Group gap={6} py={6}>
            <IconArrowsExchange size={18} aria-hidden />
            The other way round
          </Group>
        </PageLink>
      </Group>
      <ProblemAlert error={error} title="They cannot be compared now" />
      {data === undefined && error === null && <Loading />}
      {data !== undefined && <Differences comparison={data} before={before} />}
    </Stack>
  )
}

function Differences({ comparison, before }: { comparison: Comparison; before: Release }) {
  const { services, environment, ports, other } = comparison
  const { added, removed, changed } = services
  const isSame = [added, removed, changed, environment, ports, other].every((list) => list.length === 0)
  return (
    <>
      <BytesToMove comparison={comparison} before={before.version} />
      {isSame && <Text>Services, environment, ports and all else of both are the same.</Text>}
      <Services services={services} />
      <Values title="Environment" what="Variable" values={environment} />
      <Values title="Ports" what="Port" values={ports} />
      <OtherKeys keys={other} />
    </>
  )
}

function Name({ release: { id, fleet, version } }: { release: Release }) {
  const [organization = "", name = ""] = fleet.split("/")
  return (
    <PageLink
      to="/fleets/$organization/$name/releases/$release"
      params={{ organization, name, release: String(id) }}
      inherit
      style={{ overflowWrap: "anywhere" }}
    >
      {version}
    </PageLink>
  )
}

function Loading() {
  return (
    <SimpleGrid cols={1}>
      <Skeleton height={40} />
      <Skeleton height={160} />
    </SimpleGrid>
  )
}
