import type { Command } from "commander"
import { parseCount, withContextOptions, withDryRun, withRegistryOptions } from "../options.ts"
import { RELEASE } from "../release-argument.ts"

export function addFleetCommands(fleet: Command, signal: AbortSignal): void {
  withRegistryOptions(withContextOptions(fleet.command("create")))
    .description("create a fleet, and its organization when it is missing")
    .argument("<fleet>", "org/name")
    .option("--class <class>", "fleet, app or block", "fleet")
    .option(
      "--registry <host[/prefix]>",
      "registry that keeps its images; org/name is appended (default: the content store)",
    )
    .option("--no-check", "do not look whether the registry answers")
    .option("--public", "let anybody pull its images from the server without a token")
    .action(async (slug, options) =>
      (await import("../commands/fleet-create.ts")).fleetCreate(slug, options, signal),
    )
  withContextOptions(fleet.command("list"))
    .description("list the fleets")
    .action(async (options) => (await import("../commands/fleet-list.ts")).fleetList(options))
  withContextOptions(fleet.command("show"))
    .description("show a fleet")
    .argument("<fleet>", "org/name")
    .action(async (slug, options) => (await import("../commands/fleet-show.ts")).fleetShow(slug, options))
  withRegistryOptions(withContextOptions(fleet.command("set")))
    .description("say that a fleet keeps its images in another registry, which has to have them already")
    .argument("<fleet>", "org/name")
    .requiredOption("--registry <host[/prefix]>", "registry that keeps its images; org/name is appended")
    .option("--no-check", "do not look whether it answers, and has what devices are to run")
    .action(async (slug, options) =>
      (await import("../commands/fleet-set.ts")).fleetSet(slug, options, signal),
    )
  withContextOptions(fleet.command("rm"))
    .description("remove a fleet")
    .argument("<fleet>", "org/name")
    .option("--with-releases", "remove its releases too")
    .option("--with-devices", "remove its devices too")
    .action(async (slug, options) => (await import("../commands/fleet-rm.ts")).fleetRm(slug, options, signal))
  withDryRun(withContextOptions(fleet.command("pin")))
    .description(
      "pin a fleet to a release: later ones are not deployed; without one, show the release policy",
    )
    .argument("<fleet>", "org/name, with @release behind it or not")
    .argument("[release]", RELEASE)
    .option("--version <version>", "the same as [release] behind it")
    .action(async (slug, release, options) =>
      (await import("../commands/fleet-pin.ts")).fleetPin(slug, release, options),
    )
  withDryRun(withContextOptions(fleet.command("track-latest")))
    .description("let a fleet roll forward to its latest release")
    .argument("<fleet>", "org/name")
    .action(async (slug, options) =>
      (await import("../commands/fleet-track-latest.ts")).fleetTrackLatest(slug, options),
    )
  withContextOptions(fleet.command("publish"))
    .description("let anybody pull the images of a fleet from the server without a token")
    .argument("<fleet>", "org/name")
    .action(async (slug, options) =>
      (await import("../commands/fleet-public.ts")).fleetPublic(slug, true, options),
    )
  withContextOptions(fleet.command("unpublish"))
    .description("take back that anybody can pull the images of a fleet")
    .argument("<fleet>", "org/name")
    .action(async (slug, options) =>
      (await import("../commands/fleet-public.ts")).fleetPublic(slug, false, options),
    )
  withContextOptions(fleet.command("history"))
    .description("show who did what and when, newest first")
    .argument("<fleet>", "org/name")
    .option("--limit <n>", "show so many (default: all)", parseCount)
    .action(async (slug, options) =>
      (await import("../commands/fleet-history.ts")).fleetHistory(slug, options),
    )
}
