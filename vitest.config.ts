import { globSync } from "node:fs"
import { defineConfig } from "vitest/config"

/** Needed by these tests; `scripts/test` brings it where it may, and says so where it may not. */
const postgres =
  globSync("/usr/lib/postgresql/*/bin/initdb").length > 0 ? [] : ["test/database/postgres*.test.ts"]

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/interop/**", "**/node_modules/**", ...postgres],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    reporters: ["default", ["json", { outputFile: ".cache/test.json" }]],
  },
})
