import type { z } from "zod"
import { printCursor } from "../api/cursor.ts"
import {
  changedDevicesSchema,
  deviceSchema,
  devicesPreviewSchema,
  deviceTargetSchema,
  matchedDevicesSchema,
  printDeviceFilter,
  printTargets,
  registeredDeviceSchema,
  setPolicySchema,
} from "../api/device.ts"
import { deviceCountsSchema } from "../api/fleet.ts"
import { parseRelease } from "../api/release.ts"
import { rolloutSchema } from "../api/rollout.ts"
import type { Device } from "../fleet/device.ts"
import type { DevicesChange } from "../fleet/device-group.ts"
import { printTagCondition } from "../fleet/device-tags.ts"
import type { DeviceChangeOptions, DeviceSelection, FleetStore } from "../fleet/fleet-store.ts"
import { organizationOf } from "../fleet/slug.ts"
import { readPages, readTotal } from "./pages.ts"
import { devicePath, fleetPath } from "./paths.ts"
import { boundTo } from "./policy-binding.ts"
import type { Call, ServerConnection } from "./server-connection.ts"

type DeviceCalls = Pick<
  FleetStore,
  | "registerDevice"
  | "getDevice"
  | "listDevices"
  | "totalDevices"
  | "countDevices"
  | "getRollout"
  | "pinDevices"
  | "trackFleet"
  | "moveDevices"
  | "renameDevice"
  | "rotateDeviceKey"
  | "tagDevices"
  | "removeDevices"
  | "changeDevices"
  | "previewDevices"
  | "getTarget"
  | "reportRelease"
>

/** The request that makes a change of many devices. */
function callOf(change: DevicesChange): [method: "PUT" | "PATCH" | "POST", part: string, body: object] {
  if (change.change === "tag") return ["PATCH", "tags", { tags: change.tags }]
  if (change.change === "remove") return ["POST", "remove", {}]
  return ["PUT", change.change === "move" ? "fleet" : "policy", printTargets(change)]
}

export function deviceCalls(server: ServerConnection): DeviceCalls {
  const setPolicy = async (
    selection: DeviceSelection,
    policy: object,
    options: DeviceChangeOptions,
  ): Promise<Device[]> => {
    if ("where" in selection) {
      const { fleet, where } = selection
      const devices = { fleet, where: where.map(printTagCondition) }
      await change(
        { method: "PUT", path: "devices/policy" },
        { ...devices, ...policy },
        options,
        setPolicySchema,
      )
      return list({ fleet, where }, { signal: options.signal })
    }
    const [uuid, ...others] = selection
    if (uuid === undefined) return []
    if (others.length > 0)
      return changeNamed({ method: "PUT", path: "devices/policy" }, selection, policy, options)
    const path = devicePath(uuid, options, "/policy")
    return [await changeOne({ method: "PUT", path, body: policy, uuid }, options)]
  }
  const changeOne = async (
    { uuid, ...call }: Pick<Call, "method" | "path" | "body" | "repeatable"> & { uuid: string },
    options: DeviceChangeOptions,
  ): Promise<Device> => {
    const binding = await bindingOf(uuid, options)
    return server.call({ repeatable: true, ...call, signal: options.signal, ...binding }, deviceSchema)
  }
  const changeNamed = (
    call: Pick<Call, "method" | "path" | "repeatable">,
    uuids: readonly string[],
    change: object,
    options: DeviceChangeOptions,
  ) => changeMany(call, { uuids, organization: options.organization, ...change }, options)
  const changeMany = async (
    call: Pick<Call, "method" | "path" | "repeatable">,
    body: object,
    options: DeviceChangeOptions,
  ): Promise<Device[]> => (await change(call, body, options, changedDevicesSchema)).items
  const change = <Schema extends z.ZodType>(
    { repeatable = true, ...call }: Pick<Call, "method" | "path" | "repeatable">,
    body: object,
    { generation, signal }: DeviceChangeOptions,
    schema: Schema,
  ): Promise<z.output<Schema>> =>
    server.call(
      {
        ...call,
        body: { ...body, generation },
        // Bound to a generation, it would be refused the second time for having been done.
        repeatable: repeatable && generation === undefined,
        signal,
      },
      schema,
    )
  const list: FleetStore["listDevices"] = (filter = {}, { limit, offset, after, sort, signal } = {}) =>
    readPages(server, { path: "devices", query: { ...printDeviceFilter(filter), sort } }, deviceSchema, {
      limit,
      cursor: after === undefined ? undefined : printCursor(after),
      offset,
      signal,
    })
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

    listDevices: list,

    totalDevices: (filter = {}, { signal } = {}) =>
      readTotal(server, { path: "devices", query: printDeviceFilter(filter) }, signal),

    countDevices: (fleet, options) =>
      server.call(
        { method: "GET", path: `${fleetPath(fleet)}/device-counts`, signal: options?.signal },
        deviceCountsSchema,
      ),

    getRollout: (fleet, { silentAfter, signal }) =>
      server.call(
        { method: "GET", path: `${fleetPath(fleet)}/rollout`, query: { silentAfter }, signal },
        rolloutSchema,
      ),

    pinDevices: (devices, release, options) => setPolicy(devices, { policy: "pinned", release }, options),

    trackFleet: (devices, options) => setPolicy(devices, { policy: "track-fleet" }, options),

    async moveDevices(uuids, fleet, options) {
      const [uuid, ...others] = uuids
      if (uuid === undefined) return []
      const { organization, pin } = options
      const body = { fleet, release: pin }
      // Moved to another organization, it is not found in its own the second time.
      const repeatable = organization === undefined || organization === organizationOf(fleet)
      if (others.length > 0) {
        return changeNamed({ method: "PUT", path: "devices/fleet", repeatable }, uuids, body, options)
      }
      const path = devicePath(uuid, options, "/fleet")
      return [await changeOne({ method: "PUT", path, body, repeatable, uuid }, options)]
    },

    // To set what is set already changes nothing.
    renameDevice: (uuid, name, options) =>
      changeOne({ method: "PUT", path: devicePath(uuid, options, "/name"), body: { name }, uuid }, options),

    // To give it the key that it has changes nothing.
    async rotateDeviceKey(uuid, key, options) {
      const binding = await bindingOf(uuid, options)
      const path = devicePath(uuid, options, "/key")
      const call = { method: "POST", path, body: { key }, repeatable: true } as const
      return (await server.call({ ...call, signal: options.signal, ...binding }, registeredDeviceSchema))
        .device
    },

    async tagDevices(uuids, tags, options) {
      const [uuid, ...others] = uuids
      if (uuid === undefined) return []
      if (others.length > 0)
        return changeNamed({ method: "PATCH", path: "devices/tags" }, uuids, { tags }, options)
      const path = devicePath(uuid, options, "/tags")
      return [await changeOne({ method: "PATCH", path, body: { tags }, uuid }, options)]
    },

    async removeDevices(uuids, options) {
      const [uuid, ...others] = uuids
      if (uuid === undefined) return
      const { generation, organization, signal } = options
      if (others.length > 0) {
        const body = { uuids, organization, generation }
        await server.removeSeveral({ path: "devices/remove", body, signal })
        return
      }
      const binding = await bindingOf(uuid, options)
      await server.remove({ path: devicePath(uuid, options), signal, ...binding })
    },

    async changeDevices(group, given, { expected, ...options }) {
      const [method, part, body] = callOf(given)
      const devices = printDeviceFilter(group)
      // Done again, it would find others, or none: removed, they match no more.
      const call = { method, path: `devices/${part}`, repeatable: false } as const
      const { matched, changed } = await change(
        call,
        { devices, expected, ...body },
        options,
        matchedDevicesSchema,
      )
      return { matched, changed }
    },

    async previewDevices(selection, given, { organization, signal } = {}) {
      const named =
        "fleet" in selection ? { devices: printDeviceFilter(selection) } : { uuids: selection, organization }
      const body = { ...named, ...printTargets(given) }
      const call = { method: "POST", path: "devices/preview", body, repeatable: true, signal } as const
      return server.call(call, devicesPreviewSchema)
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
