import { join } from "node:path"
import react from "@vitejs/plugin-react"
import { defineConfig } from "vite"
import { precompressed } from "./scripts/precompressed.ts"

const ROOT = join(import.meta.dirname, "src/dashboard")

/** While the dashboard is worked on: the server that it asks. */
const SERVER = "http://127.0.0.1:8080"

/** What nearly every page shows: one file in place of thirty, which a browser asks for six at a time. */
const LISTS = [
  "src/dashboard/parts/(?:data-table|scrolled|empty|pager|search-text|time-ago|policy-badge|tag-badges|copy-text|problem-alert|fleet-params|count|rollout/[^/]*|history/event-words)\\.tsx?$",
  "components/(?:Checkbox|NativeSelect|Skeleton|Alert|Code|Progress|Card|Paper|List|SimpleGrid|Tabs|Breadcrumbs)/",
  "Combobox/ComboboxChevron",
  "@tabler",
  "fileRoute",
  "useQuery",
]

export default defineConfig({
  root: ROOT,
  plugins: [react(), precompressed()],
  // The server writes another one into each answer: see src/server/dashboard.ts.
  html: { cspNonce: "NONCE" },
  server: { proxy: { "/api": SERVER, "/v2": SERVER } },
  build: {
    outDir: join(import.meta.dirname, "dist/dashboard"),
    emptyOutDir: true,
    // Nothing inside of others: the content security policy allows files of this origin alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: "LICENSES.md" },
    target: "es2023",
    chunkSizeWarningLimit: 1000,
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: "lists", test: new RegExp(LISTS.join("|")) }] } },
    },
  },
})
