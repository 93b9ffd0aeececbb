import { useQuery } from "@tanstack/react-query"
import { call } from "../../calls/call.ts"
import type { Answer } from "../../calls/routes.ts"
import { type SelectedDevices, selectionOf } from "./selected-devices.ts"

export type DevicesPreview = Answer<"post /devices/preview">

/** What is to be done to devices that may make them run something else. */
export type TargetsChange =
  | { policy: "pinned"; release: number }
  | { policy: "track-fleet" }
  | { fleet: `${string}/${string}`; release?: number | undefined }

/** What devices would run after a change, as the server says it; `undefined` where it is not known yet what is to be done. */
export function useDevicesPreview(selected: SelectedDevices, change: TargetsChange | undefined) {
  // However many match by now is what is to be shown.
  const { expected: _, ...selection } = selectionOf(selected)
  return useQuery<DevicesPreview>({
    queryKey: ["post /devices/preview", { ...selection, ...change }],
    queryFn: ({ signal }) => {
      if (change === undefined) throw new Error("nothing is to be done yet")
      return call("post /devices/preview", { body: { ...selection, ...change } }, { signal })
    },
    enabled: change !== undefined,
    // It is what somebody decides by.
    staleTime: 0,
  })
}
