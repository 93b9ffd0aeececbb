import { type Command, InvalidArgumentError, Option } from "commander"
import {
  parseCount,
  withCommonOptions,
  withContextOptions,
  withDryRun,
  withIntegrityOptions,
  withListenOptions,
  withProgressOption,
  withTransferOptions,
} from "../options.ts"
import { FLEET_RELEASE, RELEASE, RELEASE_OR_LATEST } from "../release-argument.ts"

export function addReleaseCommands(release: Command, signal: AbortSignal): void {
  withTransferOptions(release.command("create"))
    .description("create a release from the images of a compose file")
    .argument("<fleet>", "org/name")
    .option(
      "-f, --file <compose.yml | ->",
      "compose file, or - for standard input; may be repeated: later ones are merged in (default: that of the current folder)",
      collect,
    )
    .option("--version <semver>", "version of the release (default: 0.0.0, while the fleet has none above)")
    .option("--variant <name>", "one of several builds for different purposes")
    .option(
      "--commit <hex>",
      "id of the source (default: that of the git checkout, else made from the content)",
    )
    .option("--tag <key=value>", "tag of the release; may be repeated", collectTag)
    .option("--note <text>", "note for people")
    .option("--draft", "make a draft: no revision, never latest")
    .option("--platform <os/arch>", "take this platform alone out of images for several")
    .option("--record-failure", "record a build that fails as a failed release")
    .action(async (fleet, options) =>
      (await import("../commands/release-create.ts")).releaseCreate(fleet, options, signal),
    )
  withContextOptions(release.command("record-failure"))
    .description("record a build that failed as a failed release")
    .argument("<fleet>", "org/name")
    .requiredOption("--commit <hex>", "id of the source that was built")
    .option("--version <semver>", "version that it was to have (default: 0.0.0)")
    .option("--reason <text>", "what went wrong, for people")
    .action(async (fleet, options) =>
      (await import("../commands/release-record-failure.ts")).releaseRecordFailure(fleet, options, signal),
    )
  withTransferOptions(release.command("export"))
    .description("export a release into a bundle")
    .argument("<commit | fleet>", FLEET_RELEASE)
    .argument("[release]", RELEASE_OR_LATEST)
    .option("--version <version>", "the same as [release] behind it")
    .requiredOption("-o, --output <file | ->", "file to write, or - for standard output")
    .addOption(
      new Option("--integrity [algorithm]", "print the integrity of the bundle, as other tools take it")
        .choices(["sha256", "sha384", "sha512"])
        .preset("sha512"),
    )
    .option("--checksum-file <file>", "write the bundle's SHA-256 into this file, as sha256sum does")
    .action(async (name, release, options) =>
      (await import("../commands/release-export.ts")).releaseExport(name, release, options, signal),
    )
  withIntegrityOptions(withTransferOptions(release.command("import")))
    .description("import a bundle into a fleet")
    .argument("<file | ->", "bundle to read, or - for standard input")
    .argument("<fleet>", "org/name")
    .option("--override-version <semver>", "version in this fleet instead of the bundle's own")
    .addOption(
      new Option(
        "--draft",
        "make it a draft, to be looked at and then finalized (default: as the bundle says)",
      ).conflicts("final"),
    )
    .option("--final", "make it final, also where the bundle is of a draft")
    .option("--no-verify", "do not read what the fleet has already, and so is not sent, from the file")
    .action(async (file, fleet, options) =>
      (await import("../commands/release-import.ts")).releaseImport(file, fleet, options, signal),
    )
  withIntegrityOptions(withProgressOption(withCommonOptions(release.command("verify"))))
    .description("verify every byte of a bundle")
    .argument("<file | ->", "bundle to read, or - for standard input")
    .action(async (file, options) =>
      (await import("../commands/release-verify.ts")).releaseVerify(file, options, signal),
    )
  withCommonOptions(release.command("inspect"))
    .description("show what a bundle holds; of one that comes through a pipe no layer is read")
    .argument("<file | ->", "bundle to read, or - for standard input")
    .action(async (file, options) =>
      (await import("../commands/release-inspect.ts")).releaseInspect(file, options, signal),
    )
  withListenOptions(release.command("serve"), "127.0.0.1:5000")
    .description("serve a bundle as a registry that anybody may read, straight from the file")
    .argument("<file>", "bundle to serve")
    .action(async (file, options) =>
      (await import("../commands/release-serve.ts")).releaseServe(file, options, signal),
    )
  withContextOptions(release.command("list"))
    .description("list the releases of a fleet, newest first")
    .argument("<fleet>", "org/name")
    .addOption(
      new Option("--status <status>", "those whose build ended so alone").choices([
        "running",
        "success",
        "failed",
        "cancelled",
      ]),
    )
    .option("--limit <n>", "show so many, the newest (default: all)", parseCount)
    .option("--no-trunc", "show commits, digests and reasons whole")
    .action(async (fleet, options) =>
      (await import("../commands/release-list.ts")).releaseList(fleet, options),
    )
  withContextOptions(release.command("show"))
    .description("show a release")
    .argument("<commit | fleet>", FLEET_RELEASE)
    .argument("[release]", RELEASE_OR_LATEST)
    .option("--version <version>", "the same as [release] behind it")
    .action(async (name, release, options) =>
      (await import("../commands/release-show.ts")).releaseShow(name, release, options),
    )
  for (const [verb, description, run, which] of CHANGES) {
    const command = withContextOptions(release.command(verb))
    // Whatever devices are to run cannot be removed.
    ;(verb === "rm" ? command : withDryRun(command))
      .description(description)
      .argument("<commit | fleet>", FLEET_RELEASE)
      .argument("[release]", which)
      .option("--version <version>", "the same as [release] behind it")
      .action(async (name, release, options) =>
        (await import("../commands/release-change.ts"))[run](name, release, options),
      )
  }
}

/** What changes a release that is there, each with what it moved printed. */
const CHANGES = [
  ["finalize", "make a draft final: it gets its revision", "releaseFinalize", RELEASE],
  ["invalidate", "exclude a release from being latest", "releaseInvalidate", RELEASE],
  ["validate", "take an invalidation back", "releaseValidate", RELEASE],
  ["rm", "remove a release that nothing needs", "releaseRm", RELEASE],
] as const

function collect(text: string, texts: string[] = []): string[] {
  return [...texts, text]
}

function collectTag(text: string, tags: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf("=")
  if (at < 1) throw new InvalidArgumentError("It is written key=value.")
  return { ...tags, [text.slice(0, at)]: text.slice(at + 1) }
}
