import { defineConfig } from "vitest/config"

/** Tests that reach the mutated folders within their own process: a change is not seen in another one. */
export default defineConfig({
  test: {
    include: [
      "test/{oci,archive,bundle,content,fleet,api}/**/*.test.ts",
      "test/database/{sqlite,policy-model}.test.ts",
      "test/operations/{find-release,image-reference,large-layer}.test.ts",
    ],
    globalSetup: "test/support/run-setup.ts",
    testTimeout: 120_000,
  },
})
