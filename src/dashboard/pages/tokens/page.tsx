import { createLazyRoute } from "@tanstack/react-router"
import { usePageTitle } from "../../shell/page-title.ts"

export const Route = createLazyRoute("/signed-in/tokens")({ component: Page })

function Page() {
  usePageTitle("Tokens")
  return null
}
