const { MUTATED: folder } = process.env

export default {
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  vitest: { configFile: "scripts/mutation/vitest.config.ts" },
  coverageAnalysis: "perTest",
  // What else the machine does must not look as if a test had found something.
  timeoutFactor: 6,
  mutate: [`src/${folder}/**/*.ts`],
  // Stryker would rewrite that of the project with the compiler's library, which TypeScript 7 does not have.
  tsconfigFile: "none",
  tempDirName: ".cache/mutation",
  reporters: ["progress-append-only", "clear-text", "json"],
  jsonReporter: { fileName: `.cache/mutation-${folder}.json` },
  clearTextReporter: { logTests: false, allowColor: false },
  ignorePatterns: ["dist", "bench", "coverage", ".demo", ".tools"],
}
