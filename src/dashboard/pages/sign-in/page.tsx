import { createLazyRoute } from "@tanstack/react-router"
import { usePageTitle } from "../../shell/page-title.ts"

export const Route = createLazyRoute("/sign-in")({ component: Page })

function Page() {
  usePageTitle("Sign in")
  return null
}
