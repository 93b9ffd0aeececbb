#!/usr/bin/env -S node --max-semi-space-size=2
// Runs on any Node that knows modules, to say which one is needed; so it imports nothing before that is settled.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major >= 26 || (major === 24 && minor >= 15)) {
  const { enableCompileCache } = await import("node:module")
  enableCompileCache()
  const { run } = await import("./run.ts")
  process.exitCode = await run(process.argv.slice(2))
} else {
  process.stderr.write(
    `error: Waybill needs Node.js 24.15 or newer, or 26, and this is ${process.versions.node}\n` +
      "hint: install Node.js 24, or run it through make, which brings its own\n",
  )
  process.exitCode = 1
}

export {}
