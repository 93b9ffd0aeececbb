import type { PinSubject } from "../pin-dialog/pin-subject.ts"
import { commonFleet, describeSelected, type SelectedDevices, selectionOf } from "./selected-devices.ts"

/** What Pin to release is opened for; `undefined` where the devices are of several fleets, which have no release in common. */
export function pinSubjectOf(selected: SelectedDevices): PinSubject | undefined {
  const fleet = commonFleet(selected)
  if (fleet === undefined) return undefined
  const who = describeSelected(selected)
  const isOne = "devices" in selected && selected.devices.length === 1
  return {
    kind: "devices",
    fleet,
    name: isOne ? who : `${who} of ${fleet}`,
    selection: selectionOf(selected),
    devices: "devices" in selected ? selected.devices : undefined,
  }
}
