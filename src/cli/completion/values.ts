import type { Role } from "../../fleet/access.ts"
import type { FleetClass } from "../../fleet/fleet.ts"
import type { Candidate, CommandLine } from "./command-line.ts"
import type { Names } from "./names.ts"

/** Said to the shell, which knows its files best. */
export const FILES = "files"

const ROLES = ["viewer", "deployer", "admin"] satisfies Role[]
const CLASSES = ["fleet", "app", "block"] satisfies FleetClass[]

/** What values are called in the help that are files. */
const FILE = /^(?:file|compose\.yml)\b/

/** A name of a device that needs no quotes in a shell, and no other reading of it. */
const TYPED = /^[\w.-]+$/

const FLEET = /^([^/]+\/[^/@]+)(?:@|$)/

/** What a value may be, by what it is called in the help. */
export async function valuesOf(
  name: string,
  { operands, beginning }: CommandLine,
  names: () => Promise<Names>,
): Promise<Candidate[] | typeof FILES> {
  if (FILE.test(name)) return FILES
  const fleet = operands.map((operand) => FLEET.exec(operand)?.[1]).find((found) => found !== undefined)
  switch (name) {
    case "fleet":
    case "commit | fleet":
      return (await names()).fleets()
    case "version":
    case "release":
      if (fleet !== undefined) return (await names()).versions(fleet)
      return operands[0] === undefined ? [] : (await names()).versionsOfDevice(operands[0])
    case "device":
      // With --where, it is a fleet.
      if (beginning.includes("/")) return (await names()).fleets()
      return devices(beginning, await names())
    case "context":
    case "--context":
      return contexts()
    case "role":
      return plain(ROLES)
    case "class":
      return plain(CLASSES)
    default:
      return []
  }
}

/** Several may be given with commas between. */
async function devices(beginning: string, names: Names): Promise<Candidate[]> {
  const at = beginning.lastIndexOf(",") + 1
  const found = (await names.devices(beginning.slice(at))).filter(({ value }) => TYPED.test(value))
  return found.map(({ value, about }) => ({ value: beginning.slice(0, at) + value, about }))
}

async function contexts(): Promise<Candidate[]> {
  const { readContexts } = await import("../contexts.ts")
  const { contexts } = await readContexts()
  const servers = Object.entries(contexts).map(([value, { server }]) => ({ value, about: server }))
  return [{ value: "home", about: "the home on this machine" }, ...servers]
}

function plain(values: readonly string[]): Candidate[] {
  return values.map((value) => ({ value, about: "" }))
}
