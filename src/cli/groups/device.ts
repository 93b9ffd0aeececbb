import { type Command, Option } from "commander"
import { withContextOptions } from "../options.ts"
import { RELEASE } from "../release-argument.ts"

const DEVICE = "uuid, 4 or more digits of its beginning, or name; with org/ before it, of that organization"
const DEVICES = `${DEVICE}; several with commas between`
const SELECTED = `${DEVICES}; with --where, the fleet as org/name`

export function addDeviceCommands(device: Command): void {
  withContextOptions(device.command("register"))
    .description("register a device, which then follows its fleet; prints its key")
    .argument("<fleet>", "org/name")
    .option("--uuid <hex>", "32 or 62 hex digits (default: made at random)")
    .option("--name <text>", "name for people")
    .action(async (fleet, options) =>
      (await import("../commands/device-register.ts")).deviceRegister(fleet, options),
    )
  withContextOptions(device.command("list"))
    .description("list devices with what each should run and does run")
    .argument("[fleet]", "org/name (default: of all fleets)")
    .addOption(where("only those with this tag, or this value of it; may be repeated, and all must hold"))
    .option("--pinned", "only those with a pin of their own")
    .option("--tracking", "only those that follow their fleet")
    .action(async (fleet, options) => (await import("../commands/device-list.ts")).deviceList(fleet, options))
  withContextOptions(device.command("show"))
    .description("show a device")
    .argument("<device>", DEVICE)
    .action(async (uuid, options) => (await import("../commands/device-show.ts")).deviceShow(uuid, options))
  withContextOptions(device.command("pin"))
    .description(
      "pin devices to a release, whatever their fleet does; without one, show their release policy",
    )
    .argument("<device>", SELECTED)
    .argument("[release]", RELEASE)
    .option("--version <version>", "the same as [release] behind it")
    .addOption(where("pin the devices of a fleet with this tag; may be repeated, and all must hold"))
    .action(async (uuids, release, options) =>
      (await import("../commands/device-pin.ts")).devicePin(uuids, release, options),
    )
  withContextOptions(device.command("track-fleet"))
    .description("let devices follow their fleet again")
    .argument("<device>", SELECTED)
    .addOption(where("the devices of a fleet with this tag; may be repeated, and all must hold"))
    .action(async (uuids, options) =>
      (await import("../commands/device-track-fleet.ts")).deviceTrackFleet(uuids, options),
    )
  withContextOptions(device.command("move"))
    .description("move devices to another fleet, where they follow that; a pin is lost")
    .argument("<device>", DEVICES)
    .argument("<fleet>", "org/name")
    .option("--pin <release>", `pin them there: ${RELEASE}`)
    .action(async (uuids, fleet, options) =>
      (await import("../commands/device-move.ts")).deviceMove(uuids, fleet, options),
    )
  withContextOptions(device.command("rename"))
    .description("give a device another name")
    .argument("<device>", DEVICE)
    .argument("<new-name>", "for people; a device is found by it, too, where it alone has it")
    .action(async (uuid, name, options) =>
      (await import("../commands/device-rename.ts")).deviceRename(uuid, name, options),
    )
  withContextOptions(device.command("rotate-key"))
    .description("give a device another key, and print it; the one before is good for nothing then")
    .argument("<device>", DEVICE)
    .action(async (uuid, options) =>
      (await import("../commands/device-rotate-key.ts")).deviceRotateKey(uuid, options),
    )
  withContextOptions(device.command("tag"))
    .description("set tags of devices, to select them by with --where")
    .argument("<device>", DEVICES)
    .argument("<key=value...>", "tags")
    .action(async (uuids, tags: string[], options) =>
      (await import("../commands/device-tag.ts")).deviceTag(uuids, tags, options),
    )
  withContextOptions(device.command("untag"))
    .description("take tags of devices away")
    .argument("<device>", DEVICES)
    .argument("<key...>", "keys of the tags")
    .action(async (uuids, keys: string[], options) =>
      (await import("../commands/device-tag.ts")).deviceUntag(uuids, keys, options),
    )
  withContextOptions(device.command("rm"))
    .description("remove devices; their keys are good for nothing then")
    .argument("<device>", DEVICES)
    .action(async (uuids, options) => (await import("../commands/device-rm.ts")).deviceRm(uuids, options))
  withContextOptions(device.command("target"))
    .description("show what a device should run")
    .argument("<device>", DEVICE)
    .addOption(
      new Option("--format <format>", "json, or a compose file for `docker compose -f - up -d`").choices([
        "json",
        "compose",
      ]),
    )
    .action(async (uuid, options) =>
      (await import("../commands/device-target.ts")).deviceTarget(uuid, options),
    )
  withContextOptions(device.command("report"))
    .description("say what a device runs")
    .argument("<device>", DEVICE)
    .argument("<commit | none>", "commit of the release")
    .action(async (uuid, commit, options) =>
      (await import("../commands/device-report.ts")).deviceReport(uuid, commit, options),
    )
}

function where(description: string): Option {
  return new Option("--where <key[=value]>", description).argParser(collect)
}

function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text]
}
