import { Menu, Text, useComputedColorScheme, useMantineColorScheme } from "@mantine/core"
import { IconLogout, IconMoon, IconSun } from "@tabler/icons-react"
import { useEffect, useRef, useState } from "react"
import { usePrincipal } from "../calls/session.ts"
import { signOut } from "../calls/sign-in.ts"
import { sayFailed } from "../parts/say.tsx"
import { AccountButton } from "./account-button.tsx"

/** Opens itself when it is first there: it takes the place, and the focus, of the button that was pressed. */
export function AccountMenu() {
  const { name, role, organization } = usePrincipal()
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme()
  const [isOpen, setIsOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    button.current?.focus()
    setIsOpen(true)
  }, [])
  const other = scheme === "dark" ? "light" : "dark"
  return (
    <Menu position="bottom-end" opened={isOpen} onChange={setIsOpen}>
      <Menu.Target>
        <AccountButton ref={button} />
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
