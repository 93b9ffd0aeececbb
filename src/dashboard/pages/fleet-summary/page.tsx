import { SimpleGrid } from "@mantine/core"
import { createLazyRoute } from "@tanstack/react-router"
import { useFleet } from "../../parts/use-fleet.ts"
import { usePageTitle } from "../../shell/page-title.ts"
import { RecentHistory } from "./recent-history.tsx"
import { ReleasesCard } from "./releases-card.tsx"
import { RolloutCard } from "./rollout-card.tsx"

export const Route = createLazyRoute("/signed-in/fleets/$organization/$name/")({ component: Summary })

function Summary() {
  const params = Route.useParams()
  const fleet = useFleet(params)
  usePageTitle("Summary", fleet.slug)
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <ReleasesCard fleet={fleet} />
      <RolloutCard params={params} />
      <RecentHistory params={params} />
    </SimpleGrid>
  )
}
