import { createLazyRoute } from "@tanstack/react-router"
import { usePageTitle } from "../../shell/page-title.ts"

export const Route = createLazyRoute("/signed-in/fleets/$organization/$name/")({ component: Page })

function Page() {
  usePageTitle("Summary")
  return null
}
