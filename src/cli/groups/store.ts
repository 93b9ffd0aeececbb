import type { Command } from "commander"
import { withContextOptions, withProgressOption } from "../options.ts"

export function addStoreCommands(store: Command, signal: AbortSignal): void {
  withDatabase(store.command("gc"))
    .description("free what no release, tag or running push needs, also while a server runs")
    .option("--dry-run", "say what would be freed, and free nothing")
    .option("--grace <time>", "how long what was pushed stays: 30s, 10m, 2h, 1d", "1h")
    .action(async (options) => (await import("../commands/store-gc.ts")).storeGc(options, signal))
  withProgressOption(withDatabase(store.command("verify")))
    .description("read every byte of the content store, and say what is damaged")
    .action(async (options) => (await import("../commands/store-verify.ts")).storeVerify(options, signal))
}

function withDatabase(command: Command): Command {
  return withContextOptions(command).option(
    "--database <url>",
    "PostgreSQL that keeps the fleets, where the server has one; or WAYBILL_DATABASE",
  )
}
