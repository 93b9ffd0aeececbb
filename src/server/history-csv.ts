import type { FleetEvent } from "../fleet/fleet-event.ts"
import type { FleetStore } from "../fleet/fleet-store.ts"
import type { EventFilter, EventScope } from "../fleet/list-options.ts"

/** Entries that are read at once: so many are held, however long the history is. */
const PAGE = 1000

const COLUMNS: readonly (readonly [string, (event: FleetEvent) => string | null | undefined])[] = [
  ["at", ({ at }) => at],
  ["actor", ({ actor }) => actor],
  ["action", ({ action }) => action],
  ["fleet", ({ fleet }) => fleet],
  ["version", ({ release }) => release?.version],
  ["commit", ({ release }) => release?.commit],
  ["device", ({ device }) => device],
  ["other fleet", ({ otherFleet }) => otherFleet],
  ["target before", ({ target }) => target?.before?.version],
  ["target after", ({ target }) => target?.after?.version],
  ["changed", ({ values }) => values.map(({ of }) => of).join("\n")],
  ["before", ({ values }) => values.map(({ before }) => before ?? "").join("\n")],
  ["after", ({ values }) => values.map(({ after }) => after ?? "").join("\n")],
]

/** The entries of a history as CSV (RFC 4180), newest first, some lines at a time. */
export async function* historyAsCsv(
  fleets: Pick<FleetStore, "listEvents">,
  of: EventScope,
  filter: EventFilter,
): AsyncGenerator<string, undefined> {
  const header = line(COLUMNS.map(([name]) => name))
  for (let before: number | undefined; ; ) {
    const events = await fleets.listEvents(of, { ...filter, limit: PAGE, before })
    const lines = events.map((event) => line(COLUMNS.map(([, read]) => read(event) ?? "")))
    yield `${before === undefined ? header : ""}${lines.join("")}`
    if (events.length < PAGE) return
    before = events.at(-1)?.id
  }
}

function line(values: readonly string[]): string {
  return `${values.map(cell).join(",")}\r\n`
}

/**
 * A value that no reader splits, and no spreadsheet takes for a formula: those run what begins so, as "=HYPERLINK(…)" in the name
 * of a device (CWE-1236).
 */
function cell(value: string): string {
  const text = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
