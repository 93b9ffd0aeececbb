import { ActionIcon, type ActionIconProps, type ElementProps } from "@mantine/core"
import { IconUser } from "@tabler/icons-react"

export function AccountButton(props: ActionIconProps & ElementProps<"button", keyof ActionIconProps>) {
  return (
    <ActionIcon variant="subtle" size="lg" aria-label="Your account" {...props}>
      <IconUser size={20} aria-hidden />
    </ActionIcon>
  )
}
