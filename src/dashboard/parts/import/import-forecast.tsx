import { Skeleton, Stack, Text } from "@mantine/core"
import type { Answer } from "../../calls/routes.ts"
import { printBytes } from "../bytes.ts"
import { printCount } from "../count.ts"
import { tellTargetChange } from "../target-change.ts"
import type { Fleet } from "../use-fleet.ts"
import type { BundleCheck } from "./bundle-calls.ts"

interface Props {
  slug: string
  isDraft: boolean
  // `undefined` until the server has said it.
  check: BundleCheck | undefined
  fleet: Fleet | undefined
  devices: Answer<"get /fleets/{organization}/{name}/device-counts"> | undefined
}

/** What an import would send, record and move. */
export function ImportForecast({ slug, isDraft, check, fleet, devices }: Props) {
  if (check === undefined || fleet === undefined || devices === undefined) return <Skeleton height={48} />
  const { version, wasThere, missing, blobs } = check
  if (wasThere)
    return <Text size="sm">The fleet has this release already, as {version}: nothing changes.</Text>
  const bytes = missing.reduce((sum, { size }) => sum + size, 0)
  const { pin, target } = fleet
  // It is nobody's yet, and so has no id.
  const recorded = {
    id: 0,
    fleet: fleet.slug,
    commit: check.release.commit,
    version: version ?? "",
    isInvalidated: false,
  }
  const after = isDraft || pin !== null ? target : recorded
  return (
    <Stack gap={4} role="status">
      <Text size="sm">
        It becomes {version}.{" "}
        {bytes === 0
          ? "The fleet has all its images already."
          : `${printBytes(bytes)} have to be sent, in ${printCount(missing.length, "blob")}; ${printBytes(blobs.bytes - bytes)} are there.`}
      </Text>
      {tellTargetChange(slug, { before: target, after, isPinned: pin !== null, devices }).map((line) => (
        <Text size="sm" key={line}>
          {line}
        </Text>
      ))}
    </Stack>
  )
}
