import { type ComponentType, useState } from "react"
import { serverAway } from "../calls/problem.ts"
import { sayFailed } from "../parts/say.tsx"
import { AccountButton } from "./account-button.tsx"

const load = () => import("./account-menu.tsx")

/** Who is signed in, and how to leave. The menu is loaded when somebody is about to open it. */
export function Account() {
  const [Menu, setMenu] = useState<ComponentType>()
  if (Menu !== undefined) return <Menu />
  const loadSoon = () => void load().catch(() => undefined)
  const open = () =>
    void load().then(
      ({ AccountMenu }) => setMenu(() => AccountMenu),
      (error: unknown) => sayFailed(serverAway(error)),
    )
  return (
    <AccountButton
      aria-haspopup="menu"
      aria-expanded={false}
      onPointerEnter={loadSoon}
      onFocus={loadSoon}
      onClick={open}
    />
  )
}
