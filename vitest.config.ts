import { globSync } from "node:fs"
import { defineConfig } from "vitest/config"

/**
 * Needed by these tests; `scripts/test` brings it where it may, and says so where it may not. In CI they are never left out:
 * they fail then.
 */
const hasPostgres = globSync("/usr/lib/postgresql/*/bin/initdb").length > 0 || process.env.CI === "true"
const postgres = hasPostgres ? [] : ["test/database/postgres*.test.ts"]

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
