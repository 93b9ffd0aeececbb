import { visible } from "../errors/quote.ts"
import type { Device } from "../fleet/device.ts"

import { printTable } from "./format.ts"
import { policyOfDevice, versionOf } from "./target-view.ts"

const NOTHING = "–"

/** Devices as a table. The fleet stands in it where they are of several, and tags where there are some. */
export function deviceTable(devices: readonly Device[], withFleet: boolean): string {
  const header = ["UUID", "NAME", "FLEET", "TARGET RELEASE", "CURRENT RELEASE", "RELEASE POLICY", "TAGS"]
  const rows = devices.map((device) => [
    device.uuid,
    device.name ?? NOTHING,
    device.fleet,
    targetOf(device),
    currentOf(device),
    policyOfDevice(device),
    printTags(device),
  ])
  const hasTags = devices.some(({ tags }) => Object.keys(tags).length > 0)
  const isShown = (column: number) => (column !== 2 || withFleet) && (column !== 6 || hasTags)
  return printTable([header, ...rows].map((row) => row.filter((_, column) => isShown(column))))
}

/** The rows below a device's title. */
export function deviceText(device: Device): string {
  return printTable([
    ["  uuid", device.uuid],
    ["  fleet", device.fleet],
    ["  target release", targetOf(device)],
    ["  current release", currentOf(device)],
    ["  release policy", policyOfDevice(device)],
    ["  tags", printTags(device) || NOTHING],
    ["  registered", device.registeredAt],
    ["  last report", device.reportedAt ?? NOTHING],
  ])
}

export function nameOf({ name, uuid }: Device): string {
  return name === null ? uuid : `${visible(name)} (${uuid})`
}

/** All its tags, as they are set. */
export function printTags({ tags }: Device): string {
  return Object.entries(tags)
    .map(([key, value]) => visible(`${key}=${value}`))
    .join(" ")
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
