import { Progress, Stack, Text } from "@mantine/core"
import { printBytes } from "../../parts/bytes.ts"
import { printCount } from "../../parts/count.ts"
import type { Comparison } from "./comparison.ts"

/** What a device, or a fleet, has to get that has the release before. */
export function BytesToMove({ comparison, before }: { comparison: Comparison; before: string }) {
  const { moved, shared } = comparison
  const all = moved.bytes + shared.bytes
  return (
    <Stack gap={4}>
      <Progress
        value={all === 0 ? 0 : (moved.bytes / all) * 100}
        size="lg"
        aria-label="Bytes that have to move, of all"
      />
      <Text size="sm">
        {moved.bytes === 0
          ? `Nothing has to move where ${before} is: `
          : `${printBytes(moved.bytes)} in ${printCount(moved.blobs, "blob")} have to move where ${before} is; `}
        {printBytes(shared.bytes)} in {printCount(shared.blobs, "blob")} are in both.
      </Text>
    </Stack>
  )
}
