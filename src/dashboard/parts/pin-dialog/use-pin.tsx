import { Stack, Text } from "@mantine/core"
import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query"
import { call, etagOf } from "../../calls/call.ts"
import type { Answer } from "../../calls/routes.ts"
import { printCount } from "../count.ts"
import { sayPolicySet } from "../devices/say-policy-set.tsx"
import { fleetParams } from "../fleet-params.ts"
import { sayDone } from "../say.tsx"
import { UndoButton } from "../undo-button.tsx"
import type { Fleet } from "../use-fleet.ts"
import { MovesText } from "./moves-text.tsx"
import { movesOfFleet, type PinPreview, type PinSubject } from "./pin-subject.ts"

const FLEET_POLICY = "put /fleets/{organization}/{name}/policy"

/** Pins a fleet or devices to the release with an id, as it was previewed, and says what moved. */
export function usePin(subject: PinSubject) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async ({ release, preview }: { release: number; preview: PinPreview }) => {
      if (subject.kind === "fleet") return pinFleet(subject.fleet, release, client)
      const { selection } = subject
      const expected = "devices" in selection ? preview.matched : undefined
      const body = { ...selection, ...subject.bound, expected, policy: "pinned", release } as const
      const { matched, items } = await call("put /devices/policy", { body })
      const message = `Pinned ${printCount(matched, "device")} of ${subject.fleet}`
      sayPolicySet({ message, before: subject.devices, after: items }, client)
    },
    onSettled: () => client.invalidateQueries(),
  })
}

async function pinFleet(fleet: Fleet, release: number, client: QueryClient): Promise<void> {
  const params = fleetParams(fleet.slug)
  const body = { policy: "pinned", release } as const
  // What was shown that it moves is what it moves, or nothing.
  const changed = await call(FLEET_POLICY, { params, body }, { etag: etagOf(fleet) })
  sayChanged(`Pinned ${fleet.slug} to ${changed.target?.version}`, fleet, changed, client)
}

/** Says what a change of a fleet's policy moved, and offers to put the policy before it back, where nobody has changed it since. */
export function sayChanged(
  title: string,
  before: Fleet,
  changed: Answer<typeof FLEET_POLICY>,
  client: QueryClient,
): void {
  const undo = () => {
    const body =
      before.pin === null
        ? ({ policy: "track-latest" } as const)
        : ({ policy: "pinned", release: before.pin.id } as const)
    return call(FLEET_POLICY, { params: fleetParams(before.slug), body }, { etag: etagOf(changed) })
  }
  sayDone(
    <Stack gap="xs" align="flex-start">
      <Text size="sm" fw={600}>
        {title}
      </Text>
      <MovesText {...movesOfFleet(changed.targetChange)} />
      <UndoButton undo={undo} done={`The policy of ${before.slug} is as it was before`} client={client} />
    </Stack>,
  )
}
