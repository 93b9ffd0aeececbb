import { Skeleton, Stack, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import type { Device } from "../../calls/answers.ts"
import { urlOf } from "../../calls/call.ts"
import { question } from "../../calls/queries.ts"
import { NothingYet } from "../../parts/empty.tsx"
import { ProblemAlert } from "../../parts/problem-alert.tsx"
import { TextFile } from "../../parts/text-file.tsx"

const TARGET = "/devices/{uuid}/target"

/** What a device is given to run: its target as a compose file, images by digest. */
export function ComposeFile({ device: { uuid, fleet, target } }: { device: Device }) {
  const [organization] = fleet.split("/")
  const input = { params: { uuid }, query: { format: "compose", organization } } as const
  const { data, error } = useQuery({
    ...question(`get ${TARGET}`, input),
    // In this format it is a text.
    select: (answer) => answer as unknown as string,
  })
  if (target === null) {
    return (
      <NothingYet command={`waybill release create ${fleet} -f compose.yml`}>
        {fleet} has no release that the device should run. Make one:
      </NothingYet>
    )
  }
  if (data === undefined && error === null) return <Skeleton height={240} />
  return (
    <Stack gap="xs">
      <Text size="sm">
        What the device gets when it asks for its target, {target.version}. Images are named by their digests,
        so that what runs is what was released.
      </Text>
      <ProblemAlert error={error} title="There is no compose file to show" />
      {data !== undefined && (
        <TextFile what="Compose file" text={data} href={urlOf(TARGET, input)} name="compose.yml" />
      )}
    </Stack>
  )
}
