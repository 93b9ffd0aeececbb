import { Stack, Text } from "@mantine/core"
import type { QueryClient } from "@tanstack/react-query"
import type { Device } from "../../calls/answers.ts"
import { call } from "../../calls/call.ts"
import { sayDone } from "../say.tsx"
import { UndoButton } from "../undo-button.tsx"
import { nameOf } from "./device-name.ts"

interface PolicySet {
  message: string
  /** The devices as they were shown before; `undefined` for those of a filter. */
  before: readonly Device[] | undefined
  /** And as they are since. */
  after: readonly Device[] | undefined
}

/** Says that devices have another policy, and offers to put back that of a single one, where nobody has changed it since. */
export function sayPolicySet({ message, before = [], after = [] }: PolicySet, client: QueryClient): void {
  const [was, ...othersBefore] = before
  const [is, ...othersAfter] = after
  if (was === undefined || is === undefined || othersBefore.length > 0 || othersAfter.length > 0) {
    sayDone(message)
    return
  }
  sayDone(
    <Stack gap="xs" align="flex-start">
      <Text size="sm">{message}</Text>
      <UndoButton
        undo={() => putBack(was, is)}
        done={`The policy of ${nameOf(was)} is as it was before`}
        client={client}
      />
    </Stack>,
  )
}

function putBack({ uuid, fleet, pin }: Device, { generation }: Device): Promise<unknown> {
  const device = { uuids: [uuid], organization: fleet.split("/")[0], generation }
  const body =
    pin === null
      ? ({ ...device, policy: "track-fleet" } as const)
      : ({ ...device, policy: "pinned", release: pin.id } as const)
  return call("put /devices/policy", { body })
}
