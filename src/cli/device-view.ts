import type { Device } from "../fleet/device.ts"

import { printTable } from "./format.ts"
import { policyOfDevice, versionOf } from "./target-view.ts"

const NOTHING = "–"

/** Devices as a table. The fleet stands in it where they are of several. */
export function deviceTable(devices: readonly Device[], withFleet: boolean): string {
  const header = ["UUID", "NAME", "FLEET", "TARGET RELEASE", "CURRENT RELEASE", "RELEASE POLICY"]
  const rows = devices.map((device) => [
    device.uuid,
    device.name ?? NOTHING,
    device.fleet,
    targetOf(device),
    currentOf(device),
    policyOfDevice(device),
  ])
  const shown = [header, ...rows].map((row) => row.filter((_, column) => withFleet || column !== 2))
  return printTable(shown)
}

/** The rows below a device's title. */
export function deviceText(device: Device): string {
  return printTable([
    ["  uuid", device.uuid],
    ["  fleet", device.fleet],
    ["  target release", targetOf(device)],
    ["  current release", currentOf(device)],
    ["  release policy", policyOfDevice(device)],
    ["  registered", device.registeredAt],
    ["  last report", device.reportedAt ?? NOTHING],
  ])
}

export function nameOf({ name, uuid }: Device): string {
  return name === null ? uuid : `${name} (${uuid})`
}

/** A line that says which release a device is to run, and why. */
export function policyLine(device: Device): string {
  const { pin, target, fleet } = device
  if (pin !== null) return `${nameOf(device)} is pinned to ${versionOf(pin)}\n`
  return `${nameOf(device)} follows ${fleet}: ${versionOf(target)}\n`
}

function targetOf({ target, pin }: Device): string {
  if (target === null) return NOTHING
  return pin === null ? versionOf(target) : `${versionOf(target)} (pinned)`
}

function currentOf({ current, fleet }: Device): string {
  if (current === null) return NOTHING
  return current.fleet === fleet ? current.version : `${current.version} of ${current.fleet}`
}
