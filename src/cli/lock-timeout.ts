import { parseTime } from "./time.ts"

/** How long to wait for other processes, in milliseconds, where the environment says. Throws a `UsageError`. */
export function lockTimeout(): number | undefined {
  const { WAYBILL_LOCK_TIMEOUT: wait } = process.env
  return wait ? parseTime(wait, "WAYBILL_LOCK_TIMEOUT") : undefined
}
