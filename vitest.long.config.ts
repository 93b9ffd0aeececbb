import { defineConfig } from "vitest/config"
import config, { leftOut } from "./vitest.config.ts"

/** Tests that take long, each by its file's name. */
export default defineConfig({
  test: {
    ...config.test,
    include: ["test/**/*.long.test.ts"],
    exclude: leftOut,
    testTimeout: 1_200_000,
    reporters: ["default", ["json", { outputFile: ".cache/test-long.json" }]],
  },
})
