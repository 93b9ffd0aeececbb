import { ActionIcon, Code, CopyButton, Group } from "@mantine/core"
import { IconCheck, IconCopy } from "@tabler/icons-react"

/** A command, a digest or a secret, with a button that copies it whole, however it is shown. */
export function CopyText({ text, shown = text, what }: { text: string; shown?: string; what: string }) {
  return (
    <Group gap={4} wrap="nowrap" maw="100%">
      <Code
        style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}
        title={shown === text ? undefined : text}
      >
        {shown}
      </Code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <ActionIcon
            variant="subtle"
            onClick={copy}
            title={copied ? "Copied" : `Copy ${what}`}
            aria-label={copied ? `Copied ${what}` : `Copy ${what}`}
          >
            {copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
          </ActionIcon>
        )}
      </CopyButton>
    </Group>
  )
}
