import { Card, SimpleGrid, Stack, Text, Title } from "@mantine/core"
import type { ReactNode } from "react"
import type { Device, ReleaseName } from "../../calls/answers.ts"
import { CopyText } from "../../parts/copy-text.tsx"
import { PolicyBadge } from "../../parts/policy-badge.tsx"
import { TagBadges } from "../../parts/tag-badges.tsx"
import { TimeAgo } from "../../parts/time-ago.tsx"
import { ReleaseLink } from "./release-link.tsx"
import { TargetRelease } from "./target-release.tsx"

/** What a device runs, what it should run and why, and what else is known of it. */
export function Summary({ device, onPin }: { device: Device; onPin: () => void }) {
  const { uuid, pin, target, current, reportedAt, registeredAt, tags } = device
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Section title="Release">
        <Fact name="Target release">
          <TargetRelease device={device} onPin={onPin} />
        </Fact>
        <Fact name="Release policy">
          <PolicyBadge isPinned={pin !== null} />
        </Fact>
        <Fact name="Current release">
          {current === null ? "It has said of none that it runs it." : <ReleaseLink release={current} />}
        </Fact>
        <Fact name="Rollout">{describeRollout(current, target)}</Fact>
      </Section>
      <Section title="Device">
        <Fact name="Last report">{reportedAt === null ? "never" : <TimeAgo at={reportedAt} />}</Fact>
        <Fact name="Registered">
          <TimeAgo at={registeredAt} />
        </Fact>
        <Fact name="UUID">
          <CopyText text={uuid} what="the UUID" />
        </Fact>
        <Fact name="Tags">
          <TagBadges tags={tags} />
        </Fact>
      </Section>
    </SimpleGrid>
  )
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="sm">
        {title}
      </Title>
      <Stack component="dl" gap="sm" m={0}>
        {children}
      </Stack>
    </Card>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="reveal-area">
      <Text component="dt" size="sm" c="dimmed">
        {name}
      </Text>
      <Text component="dd" m={0}>
        {children}
      </Text>
    </div>
  )
}

function describeRollout(current: ReleaseName | null, target: ReleaseName | null): string {
  if (target === null) return "There is no release that it should run."
  return current?.id === target.id ? "It runs its target." : "It does not run its target yet."
}
