import { printCursor } from "../api/cursor.ts"
import {
  changedDevicesSchema,
  deviceSchema,
  deviceTargetSchema,
  registeredDeviceSchema,
} from "../api/device.ts"
import { deviceCountsSchema } from "../api/fleet.ts"
import { parseRelease } from "../api/release.ts"
import type { Device } from "../fleet/device.ts"
import type { DeviceChangeOptions, FleetStore } from "../fleet/fleet-store.ts"
import { readPages } from "./pages.ts"
import { devicePath, fleetPath } from "./paths.ts"
import { boundTo } from "./policy-binding.ts"
import type { ServerConnection } from "./server-connection.ts"

type DeviceCalls = Pick<
  FleetStore,
  | "registerDevice"
  | "getDevice"
  | "listDevices"
  | "countDevices"
  | "pinDevices"
  | "trackFleet"
  | "moveDevice"
  | "removeDevice"
  | "getTarget"
  | "reportRelease"
>

export function deviceCalls(server: ServerConnection): DeviceCalls {
  const setPolicy = async (
    uuids: readonly string[],
    policy: object,
    options: DeviceChangeOptions,
  ): Promise<Device[]> => {
    const [uuid, ...others] = uuids
    if (uuid === undefined) return []
    const { generation, signal, organization } = options
    if (others.length > 0) {
      const body = { uuids, organization, generation, ...policy }
      // Bound to a generation, it would be refused the second time for having been done.
      const repeatable = generation === undefined
      const call = { method: "PUT", path: "devices/policy", body, repeatable, signal } as const
      return (await server.call(call, changedDevicesSchema)).items
    }
    const binding = await bindingOf(uuid, options)
    const path = devicePath(uuid, options, "/policy")
    return [await server.call({ method: "PUT", path, body: policy, signal, ...binding }, deviceSchema)]
  }
  const bindingOf = (uuid: string, options: DeviceChangeOptions) =>
    boundTo(server, `device ${uuid}`, devicePath(uuid, options), deviceSchema, options)
  return {
    // Registering again with the same uuid, fleet and key changes nothing.
    async registerDevice(fleet, device, { signal }) {
      const body = { fleet, ...device }
      const call = { method: "POST", path: "devices", body, repeatable: true, signal } as const
      return (await server.call(call, registeredDeviceSchema)).device
    },

    getDevice: (uuid, options) =>
      server.call({ method: "GET", path: devicePath(uuid, options), signal: options?.signal }, deviceSchema),

    listDevices: (filter = {}, { limit, after, signal } = {}) =>
      readPages(server, { path: "devices", query: { ...filter } }, deviceSchema, {
        limit,
        cursor: after === undefined ? undefined : printCursor(after),
        signal,
      }),

    countDevices: (fleet, options) =>
      server.call(
        { method: "GET", path: `${fleetPath(fleet)}/device-counts`, signal: options?.signal },
        deviceCountsSchema,
      ),

    pinDevices: (uuids, release, options) => setPolicy(uuids, { policy: "pinned", release }, options),

    trackFleet: (uuids, options) => setPolicy(uuids, { policy: "track-fleet" }, options),

    async moveDevice(uuid, fleet, options) {
      const binding = await bindingOf(uuid, options)
      const body = { fleet, release: options.pin }
      const path = devicePath(uuid, options, "/fleet")
      return server.call({ method: "PUT", path, body, signal: options.signal, ...binding }, deviceSchema)
    },

    async removeDevice(uuid, options) {
      const binding = await bindingOf(uuid, options)
      await server.remove({ path: devicePath(uuid, options), signal: options.signal, ...binding })
    },

    async getTarget(uuid, options) {
      const path = devicePath(uuid, options, "/target")
      const {
        images: _,
        compose: __,
        release,
        ...target
      } = await server.call({ method: "GET", path, signal: options?.signal }, deviceTargetSchema)
      return { ...target, release: release && parseRelease(release) }
    },

    reportRelease: (uuid, commit, options) =>
      server.call(
        {
          method: "PUT",
          path: devicePath(uuid, options, "/current"),
          body: { commit },
          signal: options.signal,
        },
        deviceSchema,
      ),
  }
}
