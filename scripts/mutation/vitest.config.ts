import { defineConfig } from "vitest/config"

/** Tests that reach what is mutated within their own process, for a change is not seen in another one. */
const tests: Record<string, string[]> = {
  oci: ["test/oci/*.test.ts", "test/content/graph.test.ts"],
  fleet: ["test/fleet/*.test.ts", "test/api/*.test.ts", "test/database/{sqlite,policy-model}.test.ts"],
  archive: ["test/archive/*.test.ts"],
  bundle: ["test/bundle/*.test.ts", "test/operations/large-layer.test.ts"],
}

export default defineConfig({
  test: {
    include: tests[process.env.MUTATED ?? ""] ?? [],
    globalSetup: "test/support/run-setup.ts",
    testTimeout: 120_000,
  },
})
