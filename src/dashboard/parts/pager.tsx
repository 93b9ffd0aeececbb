import { Button, Group, Text } from "@mantine/core"
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react"

/** Rows on a page of a list. */
export const PAGE_SIZE = 50

const numbers = new Intl.NumberFormat("en")

/** Where in a long list one is, and the pages beside it. `page` counts from 1. */
export function Pager({
  page,
  total,
  onPage,
}: {
  page: number
  total: number | undefined
  onPage: (page: number) => void
}) {
  if (total === undefined || total === 0) return null
  const first = (page - 1) * PAGE_SIZE + 1
  const last = Math.min(page * PAGE_SIZE, total)
  return (
    <Group component="nav" aria-label="Pages" justify="flex-end" gap="sm">
      <Text size="sm" role="status">
        {numbers.format(first)}–{numbers.format(last)} of {numbers.format(total)}
      </Text>
      <Button.Group>
        <Button
          variant="default"
          size="compact-sm"
          disabled={page <= 1}
          onClick={() => onPage(page - 1)}
          leftSection={<IconChevronLeft size={14} aria-hidden />}
        >
          Previous
        </Button>
        <Button
          variant="default"
          size="compact-sm"
          disabled={last >= total}
          onClick={() => onPage(page + 1)}
          rightSection={<IconChevronRight size={14} aria-hidden />}
        >
          Next
        </Button>
      </Button.Group>
    </Group>
  )
}
