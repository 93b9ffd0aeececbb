import { UsageError } from "./usage-error.ts"

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Reads a length of time as `30s`, in milliseconds. Throws a `UsageError` that says what it is the value of. */
export function parseTime(text: string, of: string): number {
  const [, count = "", unit = ""] = /^([0-9]{1,6})([smhd])$/.exec(text) ?? []
  const factor = UNITS[unit]
  if (factor !== undefined) return Number(count) * factor
  throw new UsageError("USAGE", `${of}: "${text.slice(0, 40)}" is not a time`, {
    hint: "write it as 30s, 10m, 2h or 1d",
  })
}
