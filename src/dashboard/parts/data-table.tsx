import { Checkbox, Group, Skeleton, UnstyledButton } from "@mantine/core"
import { IconArrowDown, IconArrowsSort, IconArrowUp } from "@tabler/icons-react"
import type { ReactNode } from "react"
import { Scrolled } from "./scrolled.tsx"

export interface Column<Row> {
  /** What it is called in `sort`, where the server can sort by it. */
  sort?: string
  title: string
  cell: (row: Row) => ReactNode
}

/** Rows that are ticked, by their keys. */
export interface Selection {
  keys: ReadonlySet<string>
  onChange: (keys: ReadonlySet<string>) => void
  /** What a tick box is called, of the row with this key. */
  label: (key: string) => string
}

interface Props<Row> {
  /** What the table lists, for who does not see it. */
  label: string
  columns: readonly Column<Row>[]
  /** `undefined` while they are loading. */
  rows: readonly Row[] | undefined
  keyOf: (row: Row) => string
  /** In place of rows, where there are none. */
  empty: ReactNode
  /** Such as `name`, or `-name` for the other way round. */
  sort?: string | undefined
  onSort?: (sort: string) => void
  selection?: Selection
}

const SHAPE = ["a", "b", "c", "d", "e"]

/** A table whose rows somebody else has paged, filtered and sorted: it knows no address and asks nothing. */
export function DataTable<Row>(props: Props<Row>) {
  const { label, columns, rows, keyOf, empty, selection } = props
  if (rows?.length === 0) return empty
  return (
    <Scrolled label={label}>
      <table className="data-table" aria-label={label} aria-busy={rows === undefined}>
        <thead>
          <tr>
            {selection !== undefined && (
              <th style={{ width: 40 }}>
                <SelectAll selection={selection} keys={rows?.map(keyOf) ?? []} />
              </th>
            )}
            {columns.map((column) => (
              <Head key={column.title} column={column} {...props} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows === undefined
            ? SHAPE.map((each) => (
                <Loading key={each} cells={columns.length + (selection === undefined ? 0 : 1)} />
              ))
            : rows.map((row) => <Line key={keyOf(row)} row={row} {...props} />)}
        </tbody>
      </table>
    </Scrolled>
  )
}

function Head<Row>({ column: { sort: name, title }, sort, onSort }: Props<Row> & { column: Column<Row> }) {
  if (name === undefined || onSort === undefined) return <th>{title}</th>
  const direction = sort === name ? "ascending" : sort === `-${name}` ? "descending" : "none"
  const Icon = { ascending: IconArrowUp, descending: IconArrowDown, none: IconArrowsSort }[direction]
  return (
    <th aria-sort={direction}>
      <UnstyledButton fz="sm" fw={700} onClick={() => onSort(direction === "ascending" ? `-${name}` : name)}>
        <Group gap={4} wrap="nowrap">
          {title}
          <Icon size={14} aria-hidden />
        </Group>
      </UnstyledButton>
    </th>
  )
}

function SelectAll({
  selection: { keys, onChange },
  keys: shown,
}: {
  selection: Selection
  keys: readonly string[]
}) {
  const ticked = shown.filter((key) => keys.has(key))
  const isAll = shown.length > 0 && ticked.length === shown.length
  return (
    <Checkbox
      aria-label="Select all on this page"
      checked={isAll}
      indeterminate={!isAll && ticked.length > 0}
      onChange={() => onChange(isAll ? without(keys, shown) : new Set([...keys, ...shown]))}
    />
  )
}

function Line<Row>({ row, columns, keyOf, selection }: Props<Row> & { row: Row }) {
  const key = keyOf(row)
  const isTicked = selection?.keys.has(key) ?? false
  return (
    <tr className="reveal-area" data-ticked={isTicked || undefined}>
      {selection !== undefined && (
        <td>
          <Checkbox
            aria-label={selection.label(key)}
            checked={isTicked}
            onChange={() =>
              selection.onChange(
                isTicked ? without(selection.keys, [key]) : new Set([...selection.keys, key]),
              )
            }
          />
        </td>
      )}
      {columns.map(({ title, cell }) => (
        <td key={title}>{cell(row)}</td>
      ))}
    </tr>
  )
}

function Loading({ cells }: { cells: number }) {
  return (
    <tr>
      <td colSpan={cells}>
        <Skeleton height={20} />
      </td>
    </tr>
  )
}

function without(keys: ReadonlySet<string>, others: readonly string[]): ReadonlySet<string> {
  return new Set([...keys].filter((key) => !others.includes(key)))
}
