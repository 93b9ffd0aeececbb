import { globSync } from "node:fs"
import { defineConfig } from "vitest/config"

/** Tests that need a program: a file that Debian has of it, its package, and whether only root can do with it what they do. */
const NEEDED = [
  {
    program: "/usr/lib/postgresql/*/bin/initdb",
    from: "postgresql",
    tests: "test/database/postgres*.test.ts",
  },
  {
    program: "/usr/lib/python3/dist-packages/yaml/__init__.py",
    from: "python3-yaml",
    tests: "test/operations/pyyaml.test.ts",
  },
  {
    program: "/usr/sbin/debootstrap",
    from: "debootstrap",
    tests: "test/bare-debian.long.test.ts",
    asRoot: true,
  },
  { program: "/usr/bin/zsh", from: "zsh", tests: "test/cli/completion-in-zsh.test.ts" },
  { program: "/usr/bin/fish", from: "fish", tests: "test/cli/completion-in-fish.test.ts" },
]

/**
 * What is not there for tests that need it. `scripts/test` installs it where it may. In CI they are left in, and fail: what
 * is never run there is broken one day, and nobody knows.
 */
export function missingPrograms(
  isThere: (program: string) => boolean,
  isRoot: boolean,
  ci: string | undefined,
) {
  if (ci === "true") return []
  return NEEDED.filter(({ program, asRoot = false }) => !isThere(program) || (asRoot && !isRoot))
}

const missing = missingPrograms(
  (program) => globSync(program).length > 0,
  process.getuid?.() === 0,
  process.env.CI,
)
for (const { from, tests, asRoot } of missing) {
  console.warn(
    `left out, for ${from} is not there${asRoot ? " for root" : ""}: ${tests}\nhint: apt-get install ${from}`,
  )
}

export const leftOut = ["**/node_modules/**", "test/interop/**", ...missing.map(({ tests }) => tests)]

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
