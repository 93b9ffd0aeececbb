import { Alert, Button, Group, Stack, Text, Title } from "@mantine/core"
import { IconAlertTriangle, IconChevronDown, IconDownload } from "@tabler/icons-react"
import { useNavigate } from "@tanstack/react-router"
import type { Release, ReleaseUse } from "../../calls/answers.ts"
import { urlOf } from "../../calls/call.ts"
import { CopyText } from "../../parts/copy-text.tsx"
import { fleetParams } from "../../parts/fleet-params.ts"
import { ReleaseMenu } from "../../parts/release-actions/release-menu.tsx"
import { ReleaseBadges } from "../../parts/release-badges.tsx"
import { ReleaseSelect } from "../../parts/release-select.tsx"
import { TagBadges } from "../../parts/tag-badges.tsx"
import { TimeAgo } from "../../parts/time-ago.tsx"

interface Props {
  release: Release
  use: ReleaseUse | undefined
  onRemoved: () => void
}

/** What a release is, and what can be done with it. */
export function ReleaseHead({ release, use, onRemoved }: Props) {
  const { id, version, fleet, commit, createdAt, recordedAt, status, note, tags, failureReason } = release
  const navigate = useNavigate()
  const isSuccess = status === "success"
  const compare = (other: number | undefined) => {
    if (other === undefined) return
    void navigate({
      to: "/fleets/$organization/$name/releases/$release/compare/$other",
      params: { ...fleetParams(fleet), release: String(id), other: String(other) },
    })
  }
  return (
    <Stack gap="xs">
      <Group gap="sm">
        <Title order={2} style={{ overflowWrap: "anywhere" }}>
          {version}
        </Title>
        <ReleaseBadges {...release} {...use} />
      </Group>
      <Group gap="xs">
        <CopyText text={commit} shown={commit.slice(0, 12)} what="the commit" />
        <Text size="sm" c="dimmed">
          recorded <TimeAgo at={recordedAt} /> · built <TimeAgo at={createdAt} />
        </Text>
      </Group>
      {note !== null && note !== "" && (
        <Text style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>{note}</Text>
      )}
      {Object.keys(tags).length > 0 && <TagBadges tags={tags} />}
      {failureReason !== null && (
        <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={`The build ${status}`}>
          <Text size="sm" style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>
            {failureReason}
          </Text>
        </Alert>
      )}
      <Group align="flex-end" gap="sm">
        {isSuccess && (
          <>
            <Button
              component="a"
              href={urlOf("/releases/{id}/bundle", { params: { id } })}
              download
              leftSection={<IconDownload size={18} aria-hidden />}
            >
              Download bundle
            </Button>
            <ReleaseSelect
              fleet={fleet}
              label="Compare with"
              placeholder="Another release"
              value={undefined}
              onChange={compare}
              isPinnable
            />
          </>
        )}
        <ReleaseMenu
          release={{ ...release, isFleetPin: use?.isFleetPin ?? false }}
          hasDownload={false}
          onRemoved={onRemoved}
        >
          <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden />}>
            Actions
          </Button>
        </ReleaseMenu>
      </Group>
    </Stack>
  )
}
