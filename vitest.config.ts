import { spawnSync } from "node:child_process"
import { globSync } from "node:fs"
import { defineConfig } from "vitest/config"

/** Tests whose tools are missing. In CI they are left in, and fail: `scripts/in-ci` says why. */
export function leftOutWithout(tools: readonly string[], ...tests: string[]): string[] {
  if (tools.length > 0) return []
  const { status } = spawnSync(new URL("scripts/in-ci", import.meta.url).pathname)
  return status === 0 ? [] : tests
}

// `scripts/test` installs its server where it may.
const postgres = leftOutWithout(
  globSync("/usr/lib/postgresql/*/bin/initdb"),
  "test/database/postgres*.test.ts",
)
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
