import type { Device } from "../../calls/answers.ts"
import { printCount } from "../count.ts"
import { nameOf } from "./device-name.ts"

/** What of a search selects devices: see `GET /devices`. */
export interface DevicesFilter {
  search?: string | undefined
  policy?: "pinned" | "tracking" | undefined
  rollout?: "on-target" | "on-the-way" | "pinned-elsewhere" | "silent" | undefined
  current?: number | undefined
  target?: number | undefined
  silentSince?: number | undefined
  where?: string[] | undefined
}

/** Devices that something is to be done to: these, or all of a fleet that a filter finds, however many they are. */
export type SelectedDevices =
  | { devices: readonly Device[] }
  | { fleet: string; filter: DevicesFilter; total: number }

export function countOf(selected: SelectedDevices): number {
  return "devices" in selected ? selected.devices.length : selected.total
}

/** Who they are, in a sentence: "press 4", "3 devices", "all 4,312 devices that match". */
export function describeSelected(selected: SelectedDevices): string {
  if (!("devices" in selected)) return `all ${printCount(selected.total, "device")} that match`
  const [first, ...others] = selected.devices
  if (first !== undefined && others.length === 0) return nameOf(first)
  return printCount(selected.devices.length, "device")
}

/** The fleet that they are all of; `undefined` where they are of several. */
export function commonFleet(selected: SelectedDevices): string | undefined {
  if (!("devices" in selected)) return selected.fleet
  const [fleet, ...others] = new Set(selected.devices.map(({ fleet }) => fleet))
  return others.length === 0 ? fleet : undefined
}

/** How requests name them: see `PUT /devices/policy`. Whoever is meant by a filter is `expected` to be as many as were shown. */
export function selectionOf(selected: SelectedDevices, expected?: number) {
  if (!("devices" in selected)) {
    const { fleet, filter, total } = selected
    return { devices: { fleet: fleet as `${string}/${string}`, ...filter }, expected: expected ?? total }
  }
  const uuids = selected.devices.map(({ uuid }) => uuid)
  const [organization, ...others] = new Set(selected.devices.map(({ fleet }) => fleet.split("/")[0]))
  return { uuids, ...(others.length === 0 && { organization }) }
}
