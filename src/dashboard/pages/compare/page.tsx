import { createLazyRoute } from "@tanstack/react-router"
import { usePageTitle } from "../../shell/page-title.ts"

export const Route = createLazyRoute(
  "/signed-in/fleets/$organization/$name/releases/$release/compare/$other",
)({ component: Page })

function Page() {
  usePageTitle("Compare")
  return null
}
