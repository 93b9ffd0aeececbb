import { Command } from "commander"

/** A command that names a flag that it does not know before one that is missing: that may be the same, misspelt. */
export class WaybillCommand extends Command {
  override createCommand(name?: string): WaybillCommand {
    return new WaybillCommand(name)
  }

  override parseOptions(argv: string[]): ReturnType<Command["parseOptions"]> {
    const parsed = super.parseOptions(argv)
    if (parsed.unknown.length > 0) for (const option of this.options) option.makeOptionMandatory(false)
    return parsed
  }
}
