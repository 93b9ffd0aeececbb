import { type Command, Option } from "commander"
import { withContextOptions } from "../options.ts"

const UUID = "uuid, or 4 or more digits of its beginning; with org/ before it, of that organization"
const UUIDS = `${UUID}; several with commas between`

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
    .option("--pinned", "only those with a pin of their own")
    .option("--tracking", "only those that follow their fleet")
    .action(async (fleet, options) => (await import("../commands/device-list.ts")).deviceList(fleet, options))
  withContextOptions(device.command("show"))
    .description("show a device")
    .argument("<uuid>", UUID)
    .action(async (uuid, options) => (await import("../commands/device-show.ts")).deviceShow(uuid, options))
  withContextOptions(device.command("pin"))
    .description(
      "pin devices to a release, whatever their fleet does; without one, show their release policy",
    )
    .argument("<uuid>", UUIDS)
    .argument("[release]", "commit or version")
    .action(async (uuids, release, options) =>
      (await import("../commands/device-pin.ts")).devicePin(uuids, release, options),
    )
  withContextOptions(device.command("track-fleet"))
    .description("let devices follow their fleet again")
    .argument("<uuid>", UUIDS)
    .action(async (uuids, options) =>
      (await import("../commands/device-track-fleet.ts")).deviceTrackFleet(uuids, options),
    )
  withContextOptions(device.command("move"))
    .description("move a device to another fleet, where it follows that; a pin is lost")
    .argument("<uuid>", UUID)
    .argument("<fleet>", "org/name")
    .option("--pin <release>", "pin it there: commit or version")
    .action(async (uuid, fleet, options) =>
      (await import("../commands/device-move.ts")).deviceMove(uuid, fleet, options),
    )
  withContextOptions(device.command("rm"))
    .description("remove a device; its key is good for nothing then")
    .argument("<uuid>", UUID)
    .action(async (uuid, options) => (await import("../commands/device-rm.ts")).deviceRm(uuid, options))
  withContextOptions(device.command("target"))
    .description("show what a device should run")
    .argument("<uuid>", UUID)
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
    .argument("<uuid>", UUID)
    .argument("<commit | none>", "commit of the release")
    .action(async (uuid, commit, options) =>
      (await import("../commands/device-report.ts")).deviceReport(uuid, commit, options),
    )
}
