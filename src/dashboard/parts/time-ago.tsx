import { useSyncExternalStore } from "react"

const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const

const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" })
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" })

/** How often "2 minutes ago" is written anew, in milliseconds. */
const TICK = 30_000

/** When something was, as people say it; exactly where it is pointed at. */
export function TimeAgo({ at }: { at: string }) {
  const now = useSyncExternalStore(tick, () => Math.floor(Date.now() / TICK) * TICK)
  const time = new Date(at)
  return (
    <time dateTime={at} title={whole.format(time)}>
      {ago((now - time.getTime()) / 1000)}
    </time>
  )
}

function ago(seconds: number): string {
  for (const [unit, length] of UNITS) {
    if (seconds >= length) return words.format(-Math.floor(seconds / length), unit)
  }
  return "just now"
}

function tick(onTick: () => void): () => void {
  const timer = setInterval(onTick, TICK)
  return () => clearInterval(timer)
}
