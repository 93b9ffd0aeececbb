import { type Command, Option } from "commander"
import { withCommonOptions } from "../options.ts"

export function addContextCommands(context: Command, signal: AbortSignal): void {
  withCommonOptions(context.command("create"))
    .description("keep how to reach a server, under a name")
    .argument("<name>", "name for --context")
    .requiredOption("--server <url>", "https://host[:port]")
    .option("--token <secret | ->", "token, or a device's key; - reads it from standard input")
    .addOption(new Option("--token-file <file>", "read the token from this file").conflicts("token"))
    .option(
      "--wait <time>",
      "how long to wait for a server that is about to start, and its token file",
      "10s",
    )
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
