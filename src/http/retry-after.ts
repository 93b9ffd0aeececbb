/** Milliseconds to wait by a `Retry-After` header: seconds or an HTTP date (RFC 9110, 10.2.3). */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  if (/^[0-9]{1,10}$/.test(text)) return Number(text) * 1000
  const date = /^[A-Z][a-z]+, /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
