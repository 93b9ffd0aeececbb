import { ActionIcon, Menu, Text, useComputedColorScheme, useMantineColorScheme } from "@mantine/core"
import { IconLogout, IconMoon, IconSun, IconUser } from "@tabler/icons-react"
import { usePrincipal } from "../calls/session.ts"
import { signOut } from "../calls/sign-in.ts"
import { sayFailed } from "../parts/say.tsx"

/** Who is signed in, and how to leave. */
export function Account() {
  const { name, role, organization } = usePrincipal()
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme()
  const other = scheme === "dark" ? "light" : "dark"
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" size="lg" aria-label="Your account">
          <IconUser size={20} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm">{name}</Text>
          <Text size="xs" c="dimmed">
            {role} {organization === null ? "of all organizations" : `of ${organization}`}
          </Text>
        </Menu.Label>
        <Menu.Item
          leftSection={
            other === "dark" ? <IconMoon size={16} aria-hidden /> : <IconSun size={16} aria-hidden />
          }
          onClick={() => setColorScheme(other)}
        >
          {other === "dark" ? "Dark colors" : "Light colors"}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconLogout size={16} aria-hidden />}
          onClick={() => void signOut("here").catch(sayFailed)}
        >
          Sign out
        </Menu.Item>
        <Menu.Item onClick={() => void signOut("everywhere").catch(sayFailed)}>Sign out everywhere</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
