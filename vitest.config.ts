import { globSync } from "node:fs"
import { defineConfig } from "vitest/config"

/**
 * Tests of PostgreSQL, where its server is not there. `scripts/test` installs it where it may. In CI they are left in,
 * and fail: what is never run there is broken one day, and nobody knows.
 */
export function withoutPostgres(programs: readonly string[], ci: string | undefined): string[] {
  return programs.length > 0 || ci === "true" ? [] : ["test/database/postgres*.test.ts"]
}

const postgres = withoutPostgres(globSync("/usr/lib/postgresql/*/bin/initdb"), process.env.CI)
if (postgres.length > 0)
  console.warn("left out, for PostgreSQL is not installed: its tests\nhint: apt-get install postgresql")

export const leftOut = ["**/node_modules/**", "test/interop/**", ...postgres]

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/**/*.long.test.ts", ...leftOut],
    globalSetup: "test/support/run-setup.ts",
    // A process for each file would load Node, vitest and the sources 120 times.
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    reporters: ["default", ["json", { outputFile: ".cache/test.json" }]],
  },
})
