import type { OperationOptions } from "../content/interfaces.ts"
import type { FleetStore } from "../fleet/fleet-store.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import type { TargetChange } from "../fleet/target-change.ts"

/** The target of a fleet as it is, in the words of a change that moves nothing. */
export async function presentTarget(
  fleets: FleetStore,
  slug: FleetSlug,
  options: OperationOptions,
): Promise<TargetChange> {
  const { target, pin } = await fleets.getFleet(slug, options)
  return {
    before: target,
    after: target,
    isPinned: pin !== null,
    devices: await fleets.countDevices(slug, options),
  }
}
