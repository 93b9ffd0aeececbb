import { styleText } from "node:util"
import { visible } from "../errors/quote.ts"
import type { Digest } from "../oci/digest.ts"
import { measuring, shortened } from "./display-width.ts"

const UNITS = ["B", "kB", "MB", "GB", "TB"]

/** Prints a number of bytes in decimal units, as in `12.3 MB`. */
export function printBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`
}

/** Prints a time in seconds, as in `8 s` or `3 min 20 s`. */
export function printSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

/** The beginning of a digest, enough for the eye. */
export function shortDigest(digest: Digest): string {
  return digest.slice(0, digest.indexOf(":") + 13)
}

/** Of the narrowest terminal that people use, and of what is printed into a file. */
const COLUMNS = 80

/** What no column of a table is cut to less than, so that something of it is seen. */
const LEAST_CELL = 8

/** How many cells of a terminal a line has that standard output shows whole. */
export function lineWidth(): number {
  return Math.max(COLUMNS, process.stdout.columns ?? 0)
}

/**
 * Lines up rows of cells, made visible; the last cell of a row is not padded. With a `width`, cells are cut off where lines
 * would be longer: those of the last column first, then those of the widest.
 */
export function printTable(table: readonly (readonly string[])[], width = Number.POSITIVE_INFINITY): string {
  const rows = table.map((row) => row.map(visible))
  const widthOf = measuring()
  const widths: number[] = []
  for (const row of rows)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(cell))
  narrow(widths, width)
  const lines = rows.map((row) =>
    row
      .map((cell, at) => {
        const column = widths[at] ?? 0
        const text = widthOf(cell) > column ? shortened(cell, column) : cell
        return text + " ".repeat(column - widthOf(text))
      })
      .join("  "),
  )
  return lines.map((line) => `${line.trimEnd()}\n`).join("")
}

/** Takes from columns what lines are too long. */
function narrow(widths: number[], width: number): void {
  let excess = widths.reduce((sum, column) => sum + column + 2, -2) - width
  const take = (at: number, count: number) => {
    const taken = Math.max(0, Math.min(count, excess))
    widths[at] = (widths[at] ?? 0) - taken
    excess -= taken
  }
  const last = widths.length - 1
  if (excess > 0) take(last, (widths[last] ?? 0) - LEAST_CELL)
  while (excess > 0) {
    const widest = widths.indexOf(Math.max(...widths))
    if ((widths[widest] ?? 0) <= LEAST_CELL) return
    take(widest, 1)
  }
}

export interface TreeNode {
  text: string
  children?: readonly TreeNode[]
}

/** Draws a tree with lines, the root flush left. */
export function printTree(node: TreeNode): string {
  const lines = [node.text]
  const draw = (children: readonly TreeNode[], indent: string) => {
    for (const [at, child] of children.entries()) {
      const isLast = at === children.length - 1
      lines.push(`${indent}${isLast ? "└── " : "├── "}${child.text}`)
      draw(child.children ?? [], `${indent}${isLast ? "    " : "│   "}`)
    }
  }
  draw(node.children ?? [], "")
  return `${lines.join("\n")}\n`
}

type Style = "bold" | "dim" | "green" | "red" | "yellow"

/** Colours a text where standard output is a terminal that wants colours. */
export function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout })
}

/** A number with the word for so many. */
export function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}
