import { join } from "node:path"

export const WAYBILL = join(import.meta.dirname, "..", "dist", "waybill")

/** A command line of the built program. */
export function waybill(...words: string[]): string[] {
  return [WAYBILL, ...words, "--quiet"]
}
