import type { Permission } from "../fleet/access.ts"
import type { Device } from "../fleet/device.ts"
import { parseDeviceUuid } from "../fleet/device.ts"
import type { Release } from "../fleet/release.ts"
import type { Access } from "./access.ts"
import type { Site } from "./app.ts"

/** A release by its id, unless it is of another organization: then it is not there. */
export async function viewableRelease(
  { home }: Site,
  access: Access,
  id: number,
  permission: Permission = "view",
): Promise<Release> {
  access.scope()
  return access.release(await home.fleets.getRelease(id), permission)
}

/** The same for a device; `organization` is the one that the request names. */
export async function viewableDevice(
  { home }: Site,
  access: Access,
  name: { uuid: string; organization?: string | undefined },
  permission: Permission = "view",
): Promise<Device> {
  access.scope()
  const uuid = parseDeviceUuid(name.uuid)
  const organization = access.deviceScope(uuid, name.organization)
  return access.device(await home.fleets.getDevice(uuid, { organization }), permission)
}
