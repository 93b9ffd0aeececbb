import { Code, Group, Text } from "@mantine/core"
import type { ListedRelease } from "../../calls/answers.ts"
import type { Column } from "../../parts/data-table.tsx"
import { fleetParams } from "../../parts/fleet-params.ts"
import { PageLink } from "../../parts/page-link.tsx"
import { ReleaseMenu } from "../../parts/release-actions/release-menu.tsx"
import { ReleaseBadges } from "../../parts/release-badges.tsx"
import { TagBadges } from "../../parts/tag-badges.tsx"
import { TimeAgo } from "../../parts/time-ago.tsx"

const numbers = new Intl.NumberFormat("en")

export const COLUMNS: readonly Column<ListedRelease>[] = [
  { title: "Release", sort: "version", cell: (release) => <Name release={release} /> },
  {
    title: "Commit",
    cell: ({ commit }) => <Code title={commit}>{commit.slice(0, 8)}</Code>,
  },
  {
    title: "Recorded",
    sort: "recordedAt",
    cell: ({ recordedAt }) => (
      <Text size="sm" style={{ whiteSpace: "nowrap" }}>
        <TimeAgo at={recordedAt} />
      </Text>
    ),
  },
  { title: "Note", cell: ({ note }) => <Note note={note} /> },
  { title: "Tags", cell: ({ tags = {} }) => <TagBadges tags={tags} isShort /> },
  {
    title: "Run it",
    cell: (release) => <Devices release={release} by="current" number={release.use?.currentDevices ?? 0} />,
  },
  {
    title: "Target it",
    cell: (release) => <Devices release={release} by="target" number={release.use?.targetDevices ?? 0} />,
  },
  {
    title: "Actions",
    cell: (release) => <ReleaseMenu release={{ ...release, isFleetPin: release.use?.isFleetPin ?? false }} />,
  },
]

function Name({ release }: { release: ListedRelease }) {
  const { id, fleet, version, use, failureReason } = release
  return (
    <>
      <Group gap="xs">
        <PageLink
          to="/fleets/$organization/$name/releases/$release"
          params={{ ...fleetParams(fleet), release: String(id) }}
          size="sm"
          fw={600}
          style={{ overflowWrap: "anywhere" }}
        >
          {version}
        </PageLink>
        <ReleaseBadges {...release} {...use} />
      </Group>
      {failureReason !== null && (
        <Text size="xs" c="dimmed" lineClamp={1} maw={360} title={failureReason}>
          {failureReason}
        </Text>
      )}
    </>
  )
}

function Note({ note = null }: { note: string | null | undefined }) {
  if (note === null || note === "") return <Text size="sm">–</Text>
  return (
    <Text size="sm" lineClamp={2} maw={320} title={note} style={{ overflowWrap: "anywhere" }}>
      {note}
    </Text>
  )
}

/** How many devices, as a link to those. */
function Devices({
  release: { id, fleet, version },
  by,
  number,
}: {
  release: ListedRelease
  by: "current" | "target"
  number: number
}) {
  if (number === 0) return <Text size="sm">0</Text>
  return (
    <PageLink
      to="/fleets/$organization/$name/devices"
      params={fleetParams(fleet)}
      search={{ [by]: id }}
      size="sm"
      aria-label={`${number} devices ${by === "current" ? "run" : "target"} ${version}`}
    >
      {numbers.format(number)}
    </PageLink>
  )
}
