import { createLazyRoute } from "@tanstack/react-router"
import { usePageTitle } from "../../shell/page-title.ts"

export const Route = createLazyRoute("/signed-in/devices/$uuid")({ component: Page })

function Page() {
  usePageTitle("Device")
  return null
}
