import { Argument, type Command } from "commander"
import { WaybillCommand } from "./command.ts"
import { addContextCommands } from "./groups/context.ts"
import { addDeviceCommands } from "./groups/device.ts"
import { addFleetCommands } from "./groups/fleet.ts"
import { addReleaseCommands } from "./groups/release.ts"
import { addStoreCommands } from "./groups/store.ts"
import { addTokenCommands } from "./groups/token.ts"
import { addHelp } from "./help.ts"
import { withContextOptions, withListenOptions, withRegistryOptions } from "./options.ts"
import { packageVersion } from "./package-version.ts"

/**
 * The command line. What a command needs is imported when it runs, so that starting costs only what is used.
 * Throws `CommanderError` for a wrong command line, after it has printed what is wrong.
 */
export function makeProgram(signal: AbortSignal): Command {
  const program = new WaybillCommand("waybill")
    .description("Moves a tested release between fleets that cannot see each other, as one verified file.")
    .version(packageVersion(), "-V, --version", "print the version")
    .enablePositionalOptions()
    .helpCommand(false)
    .showHelpAfterError("hint: add --help to see how the command is used")
    .exitOverride()
  addReleaseCommands(program.command("release").description("create, move and look at releases"), signal)
  addFleetCommands(program.command("fleet").description("create fleets, and set what they deploy"), signal)
  addDeviceCommands(program.command("device").description("register devices, and set what they run"))
  addContextCommands(
    program.command("context").description("choose where to work: here, or on a server"),
    signal,
  )
  addTokenCommands(program.command("token").description("say who may work on a server"))
  addStoreCommands(
    program.command("store").description("look after the content store of this machine's home"),
    signal,
  )
  for (const group of program.commands) group.enablePositionalOptions()
  addServeCommand(program, signal)
  addOpenCommand(program, signal)
  addWhoamiCommand(program, signal)
  addDoctorCommand(program, signal)
  addCompletionCommands(program)
  addHelpCommand(program)
  addHelp(program)
  return program
}

function addServeCommand(program: Command, signal: AbortSignal): void {
  withListenOptions(program.command("serve"), "127.0.0.1:8080")
    .description("serve the fleets and images of this machine's home to a team and to devices")
    .option("--database <url>", "PostgreSQL that keeps the fleets; WAYBILL_DATABASE keeps the URL from `ps`")
    .option("--token-file <file>", "write the administrator's token there, where the first start makes it")
    .action(async (options) => (await import("./commands/serve.ts")).serve(options, signal))
}

function addOpenCommand(program: Command, signal: AbortSignal): void {
  withContextOptions(program.command("open"))
    .description("sign a browser in on a server, by a link that is good once")
    .option("--no-browser", "print the link, and open nothing")
    .action(async (options) => (await import("./commands/open.ts")).open(options, signal))
}

function addWhoamiCommand(program: Command, signal: AbortSignal): void {
  withContextOptions(program.command("whoami"))
    .description("show where commands work, as whom, and what they may do there")
    .action(async (options) => (await import("./commands/whoami.ts")).whoami(options, signal))
}

function addDoctorCommand(program: Command, signal: AbortSignal): void {
  withRegistryOptions(withContextOptions(program.command("doctor")))
    .description(
      "look for what stands in the way: home, database, disk, clock, registry logins, server, versions",
    )
    .action(async (options) => (await import("./commands/doctor.ts")).doctor(options, signal))
}

function addCompletionCommands(program: Command): void {
  program
    .command("completion")
    .description("print what makes a shell complete commands, flags and names; it says itself where it goes")
    .addArgument(new Argument("<shell>").choices(["bash", "zsh", "fish"]))
    .action(async (shell) => (await import("./commands/completion.ts")).completion(shell))
  program
    .command("complete", { hidden: true })
    .argument("[words...]", "behind the program's name; the last is to be completed")
    .action(async (words) => (await import("./commands/complete.ts")).complete(program, words))
}

function addHelpCommand(program: Command): void {
  program
    .command("help")
    .description("show how a command is used")
    .argument("[command...]", "as it is typed: release export")
    .action((words: string[]) => {
      let command = program
      for (const word of words) {
        const next = command.commands.find((known) => known.name() === word)
        // As it is without "help" before it: the same message, and the same status.
        if (next === undefined) return command.error(`error: unknown command '${word}'`)
        command = next
      }
      command.outputHelp()
    })
}
