import { afterEach, beforeEach, describe } from "vitest"
import { describeCommits } from "./contract/commits.ts"
import { describeConcurrency } from "./contract/concurrency.ts"
import { describeDeviceGroups } from "./contract/device-groups.ts"
import { describeDeviceKeys } from "./contract/device-keys.ts"
import { describeDeviceLists } from "./contract/device-lists.ts"
import { describeDevicePolicy } from "./contract/device-policy.ts"
import { describeDeviceTags } from "./contract/device-tags.ts"
import { describeDevices } from "./contract/devices.ts"
import { describeDrafts } from "./contract/drafts.ts"
import { describeEventLists } from "./contract/event-lists.ts"
import { describeFleetLists } from "./contract/fleet-lists.ts"
import { describeFleetPolicy } from "./contract/fleet-policy.ts"
import { describeFleets } from "./contract/fleets.ts"
import { describeHistory } from "./contract/history.ts"
import { describeIdempotency } from "./contract/idempotency.ts"
import { describeLatest } from "./contract/latest.ts"
import { describeMissingAndCancelled } from "./contract/missing-and-cancelled.ts"
import { describeMoves } from "./contract/moves-and-reports.ts"
import { describePreviews } from "./contract/previews.ts"
import { describeRawVersions } from "./contract/raw-versions.ts"
import { describeReleaseLists } from "./contract/release-lists.ts"
import { describeReleases } from "./contract/releases.ts"
import { describeRemovals } from "./contract/removals.ts"
import { type OpenedStore, Site } from "./contract/site.ts"
import { describeTargetChanges } from "./contract/target-changes.ts"
import { describeUnsuccessful } from "./contract/unsuccessful.ts"
import { describeVersions } from "./contract/versions.ts"

/**
 * What every FleetStore does. `open` gives a store without any fleet; the suite closes it. A server behind the store
 * has to have its clock set to `NOW`.
 */
export function describeFleetStore(name: string, open: () => Promise<OpenedStore>): void {
  describe(name, () => {
    const site = new Site()
    beforeEach(() => site.open(open))
    afterEach(() => site.close())

    describeFleets(site)
    describeFleetLists(site)
    describeReleases(site)
    describeReleaseLists(site)
    describeVersions(site)
    describeCommits(site)
    describeRawVersions(site)
    describeDrafts(site)
    describeUnsuccessful(site)
    describeLatest(site)
    describeFleetPolicy(site)
    describeDevicePolicy(site)
    describeDevices(site)
    describeDeviceGroups(site)
    describeDeviceKeys(site)
    describeDeviceTags(site)
    describeDeviceLists(site)
    describeMoves(site)
    describeRemovals(site)
    describeTargetChanges(site)
    describePreviews(site)
    describeHistory(site)
    describeEventLists(site)
    describeIdempotency(site)
    describeConcurrency(site)
    describeMissingAndCancelled(site)
  })
}
