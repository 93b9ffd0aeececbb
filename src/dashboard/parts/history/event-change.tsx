import { Text } from "@mantine/core"
import type { FleetEvent } from "../../calls/answers.ts"
import { printCount } from "../count.ts"

/** What an event did: each value before and after, and what devices run since. */
export function EventChange({ event }: { event: FleetEvent }) {
  const lines = changesOf(event)
  if (lines.length === 0) return <Text size="sm">–</Text>
  return lines.map((line) => (
    <Text key={line} size="sm" style={{ overflowWrap: "anywhere" }}>
      {line}
    </Text>
  ))
}

function changesOf({ target, values }: FleetEvent): string[] {
  return [
    ...(target === null ? [] : [describeTarget(target)]),
    ...values.map(({ of, before, after }) => `${of}: ${before ?? "none"} → ${after ?? "none"}`),
  ]
}

function describeTarget({ before, after, devices }: NonNullable<FleetEvent["target"]>): string {
  if (before?.id === after?.id) return `target stays ${after?.version ?? "none"}`
  const followers = `${printCount(devices.tracking, "device")} follow${devices.tracking === 1 ? "s" : ""}`
  return `target: ${before?.version ?? "none"} → ${after?.version ?? "none"}, ${followers}`
}
