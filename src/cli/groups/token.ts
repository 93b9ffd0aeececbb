import { type Command, Option } from "commander"
import { withContextOptions } from "../options.ts"

export function addTokenCommands(token: Command): void {
  withDatabase(token.command("create"))
    .description("create a token, and print its secret once")
    .argument("<name>", "for people, and for the history")
    .requiredOption("--role <role>", "viewer, deployer or admin")
    .option("--organization <name>", "it is good for (default: all)")
    .action(async (name, options) => (await import("../commands/token-create.ts")).tokenCreate(name, options))
  withDatabase(token.command("list"))
    .description("list the tokens that are good, without their secrets")
    .option("--organization <name>", "those of one organization")
    .action(async (options) => (await import("../commands/token-list.ts")).tokenList(options))
  withDatabase(token.command("revoke"))
    .description("revoke a token: it is good for nothing from then on")
    .argument("<id>", "as `waybill token list` shows it")
    .action(async (id, options) => (await import("../commands/token-revoke.ts")).tokenRevoke(id, options))
}

function withDatabase(command: Command): Command {
  return withContextOptions(command).addOption(
    new Option(
      "--database <url>",
      "work on a server's PostgreSQL database itself, as where the administrator's token was lost",
    ).conflicts("context"),
  )
}
