import { spawnSync } from "node:child_process"
import { globSync } from "node:fs"
import { defineConfig } from "vitest/config"

/** Programs of others that tests of `make test` need, each with its package in Debian and a file that it has there. */
const PROGRAMS = {
  PostgreSQL: {
    debian: "postgresql",
    file: "/usr/lib/postgresql/*/bin/initdb",
    tests: "test/database/postgres*.test.ts",
  },
  PyYAML: {
    debian: "python3-yaml",
    file: "/usr/lib/python3/dist-packages/yaml/__init__.py",
    tests: "test/operations/pyyaml.test.ts",
  },
} as const

/** Tests whose tools are missing. In CI they are left in, and fail: `scripts/in-ci` says why. */
export function leftOutWithout(tools: readonly string[], ...tests: string[]): string[] {
  if (tools.length > 0) return []
  const { status } = spawnSync(new URL("scripts/in-ci", import.meta.url).pathname)
  return status === 0 ? [] : tests
}

// `scripts/test` installs them where it may.
const missing = Object.entries(PROGRAMS).flatMap(([program, { debian, file, tests }]) => {
  const left = leftOutWithout(globSync(file), tests)
  if (left.length > 0)
    console.warn(`left out, for ${program} is not installed: its tests\nhint: apt-get install ${debian}`)
  return left
})

export const leftOut = ["**/node_modules/**", "test/interop/**", ...missing]

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
