import type { Permission } from "../fleet/access.ts"
import type { DeviceChangeOptions } from "../fleet/fleet-store.ts"
import { organizationOf } from "../fleet/slug.ts"
import { Access } from "./access.ts"
import type { RequestContext, Site } from "./app.ts"
import { changeOf } from "./change.ts"
import { boundGeneration } from "./etag.ts"
import { viewableDevice } from "./viewable.ts"

/**
 * The device that a request names, which its token may change; and what the change is recorded with, bound to where the request
 * has an `If-Match`.
 */
export async function deviceToChange(
  c: RequestContext,
  site: Site,
  name: { uuid: string; organization?: string | undefined },
  permission: Permission = "deploy",
): Promise<{ uuid: string; options: DeviceChangeOptions }> {
  const device = await viewableDevice(site, new Access(c), name, permission)
  const organization = organizationOf(device.fleet)
  const generation = await boundGeneration(c, `device ${device.uuid}`, async () => device)
  return { uuid: device.uuid, options: { ...changeOf(c, site), generation, organization } }
}
