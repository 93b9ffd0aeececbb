import { isMainThread } from "node:worker_threads"

/** Loaded into a process by `--import`: it says at its end how much memory it had at most, in bytes. */
if (isMainThread) {
  process.on("exit", () => process.stderr.write(`peak memory ${process.resourceUsage().maxRSS * 1024}\n`))
}
