import { Button, Stack, Text } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { call, etagOf } from "../../calls/call.ts"
import type { Answer } from "../../calls/routes.ts"
import { printCount } from "../count.ts"
import { sayPolicySet } from "../devices/say-policy-set.tsx"
import { fleetParams } from "../fleet-params.ts"
import { sayDone, sayFailed } from "../say.tsx"
import type { Fleet } from "../use-fleet.ts"
import { MovesText } from "./moves-text.tsx"
import { movesOfFleet, type PinSubject } from "./pin-subject.ts"

const FLEET_POLICY = "put /fleets/{organization}/{name}/policy"

/** Pins a fleet or devices to the release with an id, and says what moved. */
export function usePin(subject: PinSubject) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (release: number) => {
      if (subject.kind === "fleet")
        return pinFleet(subject.fleet, release, () => void client.invalidateQueries())
      const body = { ...subject.selection, policy: "pinned", release } as const
      const { matched, items } = await call("put /devices/policy", { body })
      const message = `Pinned ${printCount(matched, "device")} of ${subject.fleet}`
      sayPolicySet({ message, before: subject.devices, after: items }, client)
    },
    onSettled: () => client.invalidateQueries(),
  })
}

async function pinFleet(fleet: Fleet, release: number, onChanged: () => void): Promise<void> {
  const params = fleetParams(fleet.slug)
  const changed = await call(FLEET_POLICY, { params, body: { policy: "pinned", release } })
  sayChanged(`Pinned ${fleet.slug} to ${changed.target?.version}`, fleet, changed, onChanged)
}

/** Says what a change of a fleet's policy moved, and offers to put the policy before it back, where nobody has changed it since. */
export function sayChanged(
  title: string,
  before: Fleet,
  changed: Answer<typeof FLEET_POLICY>,
  onChanged: () => void,
): void {
  const undo = async () => {
    const body =
      before.pin === null
        ? ({ policy: "track-latest" } as const)
        : ({ policy: "pinned", release: before.pin.id } as const)
    try {
      await call(FLEET_POLICY, { params: fleetParams(before.slug), body }, { etag: etagOf(changed) })
      sayDone(`The policy of ${before.slug} is as it was before`)
    } catch (error) {
      sayFailed(error as Error)
    }
    onChanged()
  }
  sayDone(
    <Stack gap="xs" align="flex-start">
      <Text size="sm" fw={600}>
        {title}
      </Text>
      <MovesText {...movesOfFleet(changed.targetChange)} />
      <Button size="compact-xs" variant="default" onClick={() => void undo()}>
        Undo
      </Button>
    </Stack>,
  )
}
