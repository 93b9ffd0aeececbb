import { spawnSync } from "node:child_process"
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

/** Tests whose tools are missing. In CI they are left in, and fail: `scripts/in-ci` says why. */
export function leftOutWithout(tools: readonly string[], ...tests: string[]): string[] {
  if (tools.length > 0) return []
  const { status } = spawnSync(new URL("scripts/in-ci", import.meta.url).pathname)
  return status === 0 ? [] : tests
}

// `scripts/test` installs them where it may.
const missing = NEEDED.flatMap(({ program, from, tests, asRoot = false }) => {
  const isUsable = !asRoot || process.getuid?.() === 0
  const left = leftOutWithout(isUsable ? globSync(program) : [], tests)
  if (left.length > 0) {
    console.warn(
      `left out, for ${from} is not there${asRoot ? " for root" : ""}: ${tests}\nhint: apt-get install ${from}`,
    )
  }
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
    // One more than the cores of a small machine: tests wait for processes and for time.
    maxWorkers: 3,
    reporters: ["default", ["json", { outputFile: ".cache/test.json" }]],
  },
})
