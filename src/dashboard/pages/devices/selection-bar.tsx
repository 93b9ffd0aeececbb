import { Button, Group, Text } from "@mantine/core"
import { printCount } from "../../parts/count.ts"
import { countOf, type SelectedDevices } from "../../parts/devices/selected-devices.ts"

interface Props {
  selected: SelectedDevices | undefined
  isAll: boolean
  isPageTicked: boolean
  /** How many match. */
  total: number
  /** Whether all that match can be selected at once: those of one fleet can. */
  mayAll: boolean
  tickAll: () => void
  clear: () => void
}

/** How many devices are selected, and how to select all that match. */
export function SelectionBar({ selected, isAll, isPageTicked, total, mayAll, tickAll, clear }: Props) {
  return (
    <Group gap="xs">
      <Text size="sm" role="status">
        {describe(selected, isAll)}
      </Text>
      {selected !== undefined && (
        <Button variant="subtle" size="compact-sm" onClick={clear}>
          Clear selection
        </Button>
      )}
      {mayAll && isPageTicked && !isAll && (
        <Button variant="light" size="compact-sm" onClick={tickAll}>
          Select all {total.toLocaleString("en")} that match
        </Button>
      )}
    </Group>
  )
}

function describe(selected: SelectedDevices | undefined, isAll: boolean): string {
  if (selected === undefined) return "Tick devices to modify them."
  const count = printCount(countOf(selected), "device")
  return isAll ? `All ${count} that match are selected.` : `${count} selected.`
}
