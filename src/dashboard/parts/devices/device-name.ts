import type { Device } from "../../calls/answers.ts"

/** Of a uuid, enough to tell devices apart. */
const SHOWN = 8

/** What a device is called: its name, or the beginning of its uuid. */
export function nameOf({ name, uuid }: Pick<Device, "name" | "uuid">): string {
  return name ?? shortUuid(uuid)
}

export function shortUuid(uuid: string): string {
  return uuid.slice(0, SHOWN)
}
