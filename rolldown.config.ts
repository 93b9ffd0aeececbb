import { defineConfig } from "rolldown"

// The command line as few files: reading hundreds of small ones is most of the time that starting would take.
export default defineConfig({
  input: { main: "src/cli/main.ts", "hash-worker": "src/bundle/hash-worker.ts" },
  platform: "node",
  output: { dir: "dist/cli", chunkFileNames: "[name].js", minify: false },
})
