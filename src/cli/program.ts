import { readFileSync } from "node:fs"
import { Command, InvalidArgumentError } from "commander"
import { withCommonOptions, withTransferOptions } from "./options.ts"

/**
 * The command line. What a command needs is imported when it runs, so that starting costs only what is used.
 * Throws `CommanderError` for a wrong command line, after it has printed what is wrong.
 */
export function makeProgram(signal: AbortSignal): Command {
  const program = new Command("waybill")
    .description("Moves a tested release between fleets that cannot see each other, as one verified file.")
    .version(packageVersion(), "-V, --version", "print the version")
    .enablePositionalOptions()
    .showHelpAfterError("hint: add --help to see how the command is used")
    .exitOverride()
  addReleaseCommands(program.command("release").description("create, move and look at releases"), signal)
  addFleetCommands(program.command("fleet").description("create and look at fleets"), signal)
  for (const group of program.commands) group.enablePositionalOptions()
  return program
}

function addReleaseCommands(release: Command, signal: AbortSignal): void {
  withTransferOptions(release.command("create"))
    .description("create a release from the images of a compose file")
    .argument("<fleet>", "org/name")
    .requiredOption("-f, --file <compose.yml>", "the compose file")
    .option("--version <semver>", "version of the release (default: 0.0.0)")
    .option("--variant <name>", "one of several builds for different purposes")
    .option("--commit <hex>", "id of the source (default: made from content and time)")
    .option("--tag <key=value>", "tag of the release; may be repeated", collectTag)
    .option("--note <text>", "note for people")
    .option("--draft", "make a draft: no revision, never latest")
    .option("--platform <os/arch>", "take this platform alone out of images for several")
    .action(async (fleet, options) =>
      (await import("./commands/release-create.ts")).releaseCreate(fleet, options, signal),
    )
  withTransferOptions(release.command("export"))
    .description("export a release into a bundle")
    .argument("<commit | fleet>", "a commit, or org/name")
    .option("--version <version>", "version in the fleet (default: its latest)")
    .requiredOption("-o, --output <file | ->", "file to write, or - for standard output")
    .action(async (name, options) =>
      (await import("./commands/release-export.ts")).releaseExport(name, options, signal),
    )
  withTransferOptions(release.command("import"))
    .description("import a bundle into a fleet")
    .argument("<file | ->", "bundle to read, or - for standard input")
    .argument("<fleet>", "org/name")
    .option("--override-version <semver>", "version in this fleet instead of the bundle's own")
    .action(async (file, fleet, options) =>
      (await import("./commands/release-import.ts")).releaseImport(file, fleet, options, signal),
    )
  withCommonOptions(release.command("verify"))
    .description("verify every byte of a bundle")
    .argument("<file | ->", "bundle to read, or - for standard input")
    .action(async (file, options) =>
      (await import("./commands/release-verify.ts")).releaseVerify(file, options, signal),
    )
  withCommonOptions(release.command("inspect"))
    .description("show what a bundle holds")
    .argument("<file>", "bundle to read")
    .action(async (file, options) =>
      (await import("./commands/release-inspect.ts")).releaseInspect(file, options, signal),
    )
  withCommonOptions(release.command("list"))
    .description("list the releases of a fleet, newest first")
    .argument("<fleet>", "org/name")
    .action(async (fleet, options) =>
      (await import("./commands/release-list.ts")).releaseList(fleet, options),
    )
  withCommonOptions(release.command("show"))
    .description("show a release")
    .argument("<commit | fleet>", "a commit, or org/name")
    .option("--version <version>", "version in the fleet (default: its latest)")
    .action(async (name, options) => (await import("./commands/release-show.ts")).releaseShow(name, options))
}

function addFleetCommands(fleet: Command, signal: AbortSignal): void {
  withCommonOptions(fleet.command("create"))
    .description("create a fleet, and its organization when it is missing")
    .argument("<fleet>", "org/name")
    .option("--class <class>", "fleet, app or block", "fleet")
    .option("--registry <host[/prefix]>", "registry that keeps its images (default: the content store)")
    .action(async (slug, options) => (await import("./commands/fleet-create.ts")).fleetCreate(slug, options))
  withCommonOptions(fleet.command("list"))
    .description("list the fleets")
    .action(async (options) => (await import("./commands/fleet-list.ts")).fleetList(options))
  withCommonOptions(fleet.command("show"))
    .description("show a fleet")
    .argument("<fleet>", "org/name")
    .action(async (slug, options) => (await import("./commands/fleet-show.ts")).fleetShow(slug, options))
  withCommonOptions(fleet.command("rm"))
    .description("remove a fleet")
    .argument("<fleet>", "org/name")
    .option("--with-releases", "remove its releases too")
    .action(async (slug, options) => (await import("./commands/fleet-rm.ts")).fleetRm(slug, options, signal))
}

function collectTag(text: string, tags: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf("=")
  if (at < 1) throw new InvalidArgumentError("It is written key=value.")
  return { ...tags, [text.slice(0, at)]: text.slice(at + 1) }
}

function packageVersion(): string {
  const file = new URL("../../package.json", import.meta.url)
  return JSON.parse(readFileSync(file, "utf8")).version
}
