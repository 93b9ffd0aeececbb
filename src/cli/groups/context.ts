import type { Command } from "commander"
import { withCommonOptions } from "../options.ts"

export function addContextCommands(context: Command, signal: AbortSignal): void {
  withCommonOptions(context.command("create"))
    .description("keep how to reach a server, under a name")
    .argument("<name>", "name for --context")
    .requiredOption("--server <url>", "https://host[:port]")
    .requiredOption("--token <secret | ->", "token, or a device's key; - reads it from standard input")
    .option("--ca-file <file>", "trust these certificates too (PEM)")
    .option("--plain-http", "send the token in the clear to a server that is not on this machine")
    .action(async (name, options) =>
      (await import("../commands/context-create.ts")).contextCreate(name, options, signal),
    )
  withCommonOptions(context.command("list"))
    .description("list the contexts, with the one in use marked")
    .action(async (options) => (await import("../commands/context-list.ts")).contextList(options))
  withCommonOptions(context.command("use"))
    .description("work in a context from now on")
    .argument("<context>", "home, or the name of a server")
    .action(async (name, options) =>
      (await import("../commands/context-use.ts")).contextUse(name, options, signal),
    )
  withCommonOptions(context.command("rm"))
    .description("forget a context")
    .argument("<context>", "name of a server")
    .action(async (name, options) =>
      (await import("../commands/context-rm.ts")).contextRm(name, options, signal),
    )
}
