import { createLazyRoute } from "@tanstack/react-router"
import { usePageTitle } from "../../shell/page-title.ts"

export const Route = createLazyRoute("/signed-in/fleets/$organization/$name/settings")({ component: Page })

function Page() {
  usePageTitle("Settings")
  return null
}
