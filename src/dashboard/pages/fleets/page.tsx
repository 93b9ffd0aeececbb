import { createLazyRoute } from "@tanstack/react-router"
import { usePageTitle } from "../../shell/page-title.ts"

export const Route = createLazyRoute("/signed-in/fleets")({ component: Page })

function Page() {
  usePageTitle("Fleets")
  return null
}
