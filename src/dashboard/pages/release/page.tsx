import { Stack, Tabs } from "@mantine/core"
import { useQuery, useSuspenseQuery } from "@tanstack/react-query"
import { createLazyRoute } from "@tanstack/react-router"
import { question } from "../../calls/queries.ts"
import { ProblemAlert } from "../../parts/problem-alert.tsx"
import { usePageTitle } from "../../shell/page-title.ts"
import { ComposeTab } from "./compose-tab.tsx"
import { DevicesTab } from "./devices-tab.tsx"
import { ReleaseHead } from "./head.tsx"
import { HistoryTab } from "./history-tab.tsx"
import { ServicesTab } from "./services-tab.tsx"
import { RELEASE_TABS } from "./tabs.ts"

export const Route = createLazyRoute("/signed-in/fleets/$organization/$name/releases/$release")({
  component: Page,
})

const TITLES = { services: "Services", compose: "Compose file", devices: "Devices", history: "History" }

function Page() {
  const { release: text, ...params } = Route.useParams()
  const { tab = "services" } = Route.useSearch()
  const navigate = Route.useNavigate()
  const input = { params: { id: Number(text) } }
  const { data: release, error } = useSuspenseQuery(question("get /releases/{id}", input))
  const { data: use } = useQuery(question("get /releases/{id}/use", input))
  usePageTitle(TITLES[tab], release.version, release.fleet)
  return (
    <Stack>
      <ReleaseHead
        release={release}
        use={use}
        onRemoved={() => void navigate({ to: "/fleets/$organization/$name/releases", params })}
      />
      <ProblemAlert error={error} title="What is shown may be old" />
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(to) =>
          void navigate({ search: { tab: RELEASE_TABS.find((each) => each === to) }, resetScroll: false })
        }
      >
        <Tabs.List mb="md" aria-label={`Release ${release.version}`}>
          {RELEASE_TABS.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {TITLES[each]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="services">
          <ServicesTab release={release} />
        </Tabs.Panel>
        <Tabs.Panel value="compose">
          <ComposeTab release={release} />
        </Tabs.Panel>
        <Tabs.Panel value="devices">
          <DevicesTab release={release} />
        </Tabs.Panel>
        <Tabs.Panel value="history">
          <HistoryTab release={release} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  )
}
