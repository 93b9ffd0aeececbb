import { createLazyRoute } from "@tanstack/react-router"
import { usePageTitle } from "../../shell/page-title.ts"

export const Route = createLazyRoute("/signed-in/devices")({ component: Page })

function Page() {
  usePageTitle("Devices")
  return null
}
