import { Button, Code, Group, Stack } from "@mantine/core"
import { useClipboard } from "@mantine/hooks"
import { IconCheck, IconCopy, IconDownload } from "@tabler/icons-react"
import { Scrolled } from "./scrolled.tsx"

interface Props {
  /** What it is, in the middle of a sentence. */
  what: string
  text: string
  /** Where a download of it is, and the name that it gets. */
  href: string
  name: string
}

/** A text that is read, copied or downloaded whole. */
export function TextFile({ what, text, href, name }: Props) {
  const { copied, copy } = useClipboard()
  return (
    <Stack gap="xs">
      <Group justify="flex-end" gap="sm">
        <Button
          variant="default"
          size="compact-sm"
          leftSection={copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
          onClick={() => copy(text)}
        >
          {copied ? "Copied" : "Copy"}
        </Button>
        <Button
          variant="default"
          size="compact-sm"
          component="a"
          href={href}
          download={name}
          leftSection={<IconDownload size={14} aria-hidden />}
        >
          Download
        </Button>
      </Group>
      <Scrolled label={what}>
        <Code block style={{ whiteSpace: "pre", overflow: "visible", minWidth: "max-content" }}>
          {text}
        </Code>
      </Scrolled>
    </Stack>
  )
}
