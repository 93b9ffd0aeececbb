import { type Measurement, median } from "./measure.ts"

export interface Row {
  what: string
  waybill: string
  peer?: string
  ratio?: string
  target: string
  memory?: string
  disk?: string
}

const HEADER: Required<Row> = {
  what: "work",
  waybill: "waybill",
  peer: "peer",
  ratio: "ratio",
  target: "at most",
  memory: "peak memory",
  disk: "disk beside",
}

const rows: Row[] = []

/** Adds work that a peer does too. `target` is the greatest ratio that is good. */
export function addRatio(
  what: string,
  ours: readonly Measurement[],
  peers: readonly number[],
  target: number,
  peer: string,
): void {
  const mine = median(ours.map(({ seconds }) => seconds))
  const theirs = median(peers)
  addMeasured(what, ours, {
    peer: `${theirs.toFixed(2)} s  ${peer}`,
    ratio: (mine / theirs).toFixed(2),
    target: `${target} ×`,
  })
}

/** Adds work that has no peer. `target` is in seconds. */
export function addAbsolute(what: string, ours: readonly Measurement[], target: number): void {
  addMeasured(what, ours, { target: `${Number(target.toFixed(2))} s` })
}

export function addRow(row: Row): void {
  rows.push(row)
  process.stderr.write(`${row.what}: ${row.waybill}${row.ratio ? ` (${row.ratio} × ${row.peer})` : ""}\n`)
}

function addMeasured(
  what: string,
  ours: readonly Measurement[],
  rest: Pick<Row, "peer" | "ratio" | "target">,
): void {
  const seconds = median(ours.map((each) => each.seconds))
  addRow({
    what,
    waybill: `${seconds.toFixed(seconds < 1 ? 3 : 2)} s`,
    ...rest,
    memory: printMegabytes(Math.max(...ours.map((each) => each.memory))),
    disk: printMegabytes(Math.max(...ours.map((each) => each.diskBeside))),
  })
}

export function printMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}

export function printTable(): void {
  const keys = Object.keys(HEADER) as (keyof Row)[]
  const widths = keys.map((key) => Math.max(...[HEADER, ...rows].map((row) => (row[key] ?? "").length)))
  const line = (row: Row) =>
    `| ${keys.map((key, at) => (row[key] ?? "").padEnd(widths[at] ?? 0)).join(" | ")} |\n`
  process.stdout.write(line(HEADER))
  process.stdout.write(`| ${widths.map((width) => "-".repeat(width)).join(" | ")} |\n`)
  for (const row of rows) process.stdout.write(line(row))
}
