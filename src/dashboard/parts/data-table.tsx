import { Checkbox, Group, ScrollArea, Skeleton, Table, UnstyledButton } from "@mantine/core"
import { IconArrowDown, IconArrowsSort, IconArrowUp } from "@tabler/icons-react"
import type { ReactNode } from "react"

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
    <ScrollArea type="auto" viewportProps={{ tabIndex: 0, "aria-label": label }}>
      <Table highlightOnHover verticalSpacing="xs" aria-label={label} aria-busy={rows === undefined}>
        <Table.Thead>
          <Table.Tr>
            {selection !== undefined && (
              <Table.Th w={40}>
                <SelectAll selection={selection} keys={rows?.map(keyOf) ?? []} />
              </Table.Th>
            )}
            {columns.map((column) => (
              <Head key={column.title} column={column} {...props} />
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows === undefined
            ? SHAPE.map((each) => (
                <Loading key={each} cells={columns.length + (selection === undefined ? 0 : 1)} />
              ))
            : rows.map((row) => <Line key={keyOf(row)} row={row} {...props} />)}
        </Table.Tbody>
      </Table>
    </ScrollArea>
  )
}

function Head<Row>({ column: { sort: name, title }, sort, onSort }: Props<Row> & { column: Column<Row> }) {
  if (name === undefined || onSort === undefined) return <Table.Th>{title}</Table.Th>
  const direction = sort === name ? "ascending" : sort === `-${name}` ? "descending" : "none"
  const Icon = { ascending: IconArrowUp, descending: IconArrowDown, none: IconArrowsSort }[direction]
  return (
    <Table.Th aria-sort={direction}>
      <UnstyledButton fz="sm" fw={700} onClick={() => onSort(direction === "ascending" ? `-${name}` : name)}>
        <Group gap={4} wrap="nowrap">
          {title}
          <Icon size={14} aria-hidden />
        </Group>
      </UnstyledButton>
    </Table.Th>
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
    <Table.Tr className="reveal-area" {...(isTicked && { bg: "var(--mantine-primary-color-light)" })}>
      {selection !== undefined && (
        <Table.Td>
          <Checkbox
            aria-label={selection.label(key)}
            checked={isTicked}
            onChange={() =>
              selection.onChange(
                isTicked ? without(selection.keys, [key]) : new Set([...selection.keys, key]),
              )
            }
          />
        </Table.Td>
      )}
      {columns.map(({ title, cell }) => (
        <Table.Td key={title}>{cell(row)}</Table.Td>
      ))}
    </Table.Tr>
  )
}

function Loading({ cells }: { cells: number }) {
  return (
    <Table.Tr>
      <Table.Td colSpan={cells}>
        <Skeleton height={20} />
      </Table.Td>
    </Table.Tr>
  )
}

function without(keys: ReadonlySet<string>, others: readonly string[]): ReadonlySet<string> {
  return new Set([...keys].filter((key) => !others.includes(key)))
}
