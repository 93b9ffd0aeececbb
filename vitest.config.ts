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

/**
 * Tests of a program that is not there. `scripts/test` installs it where it may. In CI they are left in, and fail: what
 * is never run there is broken one day, and nobody knows.
 */
export function withoutProgram(
  program: keyof typeof PROGRAMS,
  files: readonly string[],
  ci: string | undefined,
): string[] {
  return files.length > 0 || ci === "true" ? [] : [PROGRAMS[program].tests]
}

const missing = (Object.keys(PROGRAMS) as (keyof typeof PROGRAMS)[]).flatMap((program) => {
  const { debian, file } = PROGRAMS[program]
  const tests = withoutProgram(program, globSync(file), process.env.CI)
  if (tests.length > 0)
    console.warn(`left out, for ${program} is not installed: its tests\nhint: apt-get install ${debian}`)
  return tests
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
