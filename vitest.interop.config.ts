import { globSync } from "node:fs"
import { defineConfig } from "vitest/config"
import { leftOutWithout } from "./vitest.config.ts"

/** Built where there is Go; `scripts/go-tools` says so where there is none. */
const goClients = leftOutWithout(globSync(".tools/go/bin/composed"), "test/interop/go-*.test.ts")

/** Tests that need the tools of others; `make interop` brings them. */
export default defineConfig({
  test: {
    include: ["test/interop/**/*.test.ts"],
    exclude: ["**/node_modules/**", ...goClients],
    globalSetup: "test/support/run-setup.ts",
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Longer than a page or a tool that works takes on a machine that is busy.
    expect: { poll: { timeout: 15_000 } },
    maxWorkers: 1,
    reporters: ["default", ["json", { outputFile: ".cache/interop.json" }]],
  },
})
