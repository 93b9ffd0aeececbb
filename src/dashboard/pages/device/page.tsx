import { Breadcrumbs, Stack, Tabs, Title } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { useSuspenseQuery } from "@tanstack/react-query"
import { createLazyRoute } from "@tanstack/react-router"
import { nameOf } from "../../parts/devices/device-name.ts"
import { pinSubjectOf } from "../../parts/devices/pin-subject-of.ts"
import { fleetParams } from "../../parts/fleet-params.ts"
import { PageLink } from "../../parts/page-link.tsx"
import { PinDialog } from "../../parts/pin-dialog/pin-dialog.tsx"
import { ProblemAlert } from "../../parts/problem-alert.tsx"
import { usePageTitle } from "../../shell/page-title.ts"
import { ComposeFile } from "./compose-file.tsx"
import { DeviceHistory } from "./device-history.tsx"
import { deviceQuestion } from "./device-question.ts"

import { Settings } from "./settings.tsx"
import { Summary } from "./summary.tsx"
import { DEVICE_TABS } from "./tabs.ts"

export const Route = createLazyRoute("/signed-in/devices/$uuid")({ component: Page })

const TITLES = { summary: "Summary", compose: "Compose file", history: "History", settings: "Settings" }

function Page() {
  const { uuid } = Route.useParams()
  const { tab = "summary", organization, page = 1 } = Route.useSearch()
  const navigate = Route.useNavigate()
  const { data: device, error } = useSuspenseQuery(deviceQuestion({ uuid, organization }))
  const fleet = fleetParams(device.fleet)
  const [isPinning, pinning] = useDisclosure()
  const subject = pinSubjectOf({ devices: [device] })
  usePageTitle(TITLES[tab], nameOf(device))
  return (
    <Stack>
      <Breadcrumbs style={{ flexWrap: "wrap" }}>
        <PageLink to="/fleets">Fleets</PageLink>
        <PageLink to="/fleets/$organization/$name" params={fleet}>
          {device.fleet}
        </PageLink>
        <PageLink to="/fleets/$organization/$name/devices" params={fleet}>
          Devices
        </PageLink>
      </Breadcrumbs>
      <Title order={1} style={{ overflowWrap: "anywhere" }}>
        {nameOf(device)}
      </Title>
      <ProblemAlert
        error={error}
        title={isGone(error) ? "This device is gone" : "What is shown may be old"}
      />
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(to) =>
          void navigate({ search: { organization, tab: DEVICE_TABS.find((each) => each === to) } })
        }
      >
        <Tabs.List mb="md">
          {DEVICE_TABS.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {TITLES[each]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="summary">
          <Summary device={device} onPin={pinning.open} />
        </Tabs.Panel>
        <Tabs.Panel value="compose">
          <ComposeFile device={device} />
        </Tabs.Panel>
        <Tabs.Panel value="history">
          <DeviceHistory
            device={device}
            page={page}
            onPage={(page) => void navigate({ search: { organization, tab, page } })}
          />
        </Tabs.Panel>
        <Tabs.Panel value="settings">
          <Settings device={device} onPin={pinning.open} />
        </Tabs.Panel>
      </Tabs>
      {subject !== undefined && <PinDialog subject={subject} isOpen={isPinning} onClose={pinning.close} />}
    </Stack>
  )
}

function isGone(error: Error | null): boolean {
  return error !== null && "status" in error && error.status === 404
}
