import { defineConfig } from "vitest/config"

/** Tests that need the tools of others; `make interop` brings them. */
export default defineConfig({
  test: {
    include: ["test/interop/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
    reporters: ["default", ["json", { outputFile: ".cache/interop.json" }]],
  },
})
