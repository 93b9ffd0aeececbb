import { ActionIcon, Code, Group, Text } from "@mantine/core"
import { IconPencil, IconPin } from "@tabler/icons-react"
import type { Device } from "../../calls/answers.ts"
import type { Column } from "../../parts/data-table.tsx"
import { nameOf, shortUuid } from "../../parts/devices/device-name.ts"
import { fleetParams } from "../../parts/fleet-params.ts"
import { PageLink } from "../../parts/page-link.tsx"
import { PolicyBadge } from "../../parts/policy-badge.tsx"
import { TagBadges } from "../../parts/tag-badges.tsx"
import { TimeAgo } from "../../parts/time-ago.tsx"

interface Options {
  /** Whether devices of several fleets are shown. */
  hasFleet: boolean
  /** Opens Pin to release; without it, whoever looks may not. */
  onPin: ((device: Device) => void) | undefined
}

export function columnsOf({ hasFleet, onPin }: Options): Column<Device>[] {
  return [
    { title: "Name", sort: "name", cell: (device) => <Name {...device} /> },
    {
      title: "UUID",
      sort: "uuid",
      cell: ({ uuid }) => <Code title={uuid}>{shortUuid(uuid)}</Code>,
    },
    ...(hasFleet ? [{ title: "Fleet", cell: ({ fleet }: Device) => <Fleet slug={fleet} /> }] : []),
    { title: "Current release", cell: (device) => <Current {...device} /> },
    { title: "Target release", cell: (device) => <Target device={device} onPin={onPin} /> },
    { title: "Release policy", cell: ({ pin }) => <PolicyBadge isPinned={pin !== null} /> },
    {
      title: "Last report",
      sort: "reportedAt",
      cell: ({ reportedAt }) => (
        <Text size="sm" style={{ whiteSpace: "nowrap" }}>
          {reportedAt === null ? "never" : <TimeAgo at={reportedAt} />}
        </Text>
      ),
    },
    { title: "Tags", cell: ({ tags }) => <TagBadges tags={tags} isShort /> },
  ]
}

function Name({ uuid, name, fleet }: Device) {
  return (
    <PageLink
      to="/devices/$uuid"
      params={{ uuid }}
      search={{ organization: fleetParams(fleet).organization }}
      size="sm"
      style={{ overflowWrap: "anywhere" }}
      {...(name === null && { "aria-label": `no name, ${shortUuid(uuid)}` })}
    >
      {name ?? "no name"}
    </PageLink>
  )
}

function Fleet({ slug }: { slug: string }) {
  return (
    <PageLink to="/fleets/$organization/$name" params={fleetParams(slug)} size="sm">
      {slug}
    </PageLink>
  )
}

/** A device that was moved may run a release of the fleet that it was in. */
function Current({ current, fleet }: Device) {
  if (current === null) return <Text size="sm">–</Text>
  const isOther = current.fleet !== fleet
  return (
    <Text size="sm" style={{ whiteSpace: "nowrap" }}>
      {isOther ? `${current.fleet} ${current.version}` : current.version}
    </Text>
  )
}

function Target({ device, onPin }: { device: Device; onPin: Options["onPin"] }) {
  const { target, pin } = device
  return (
    <Group gap={6} wrap="nowrap">
      {pin !== null && <IconPin size={14} role="img" aria-label="pinned" />}
      <Text size="sm" style={{ whiteSpace: "nowrap" }}>
        {target?.version ?? "–"}
      </Text>
      {onPin !== undefined && (
        <ActionIcon
          className="reveal"
          variant="subtle"
          size="sm"
          aria-label={`Pin ${nameOf(device)} to a release`}
          onClick={() => onPin(device)}
        >
          <IconPencil size={14} aria-hidden />
        </ActionIcon>
      )}
    </Group>
  )
}
