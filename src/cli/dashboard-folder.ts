import { fileURLToPath } from "node:url"

/** Where the built dashboard lies: beside the built command line, or in `dist` where its sources run. */
export function dashboardFolder(): string {
  const place = import.meta.url.endsWith(".ts") ? "../../dist/dashboard" : "../dashboard"
  return fileURLToPath(new URL(place, import.meta.url))
}
