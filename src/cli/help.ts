import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Command } from "commander"
import { EXAMPLES } from "./examples.ts"

/** What commands read from the environment, and which do. */
const VARIABLES: readonly [name: string, meaning: string, readBy: (command: Command) => boolean][] = [
  ["WAYBILL_HOME", "folder of the home on this machine", usesHome],
  ["WAYBILL_CONTEXT", "context to work in, unless --context says", worksInContext],
  ["WAYBILL_DATABASE", "postgres:// URL of the home's database, if not SQLite", usesHome],
  ["WAYBILL_LOCK_TIMEOUT", "how long to wait for others in the home, as 30s", usesHome],
  ["DOCKER_CONFIG", "folder with the config.json of `docker login`", asksRegistries],
  ["REGISTRY_AUTH_FILE", "file of `podman login`", asksRegistries],
  ["HTTPS_PROXY, HTTP_PROXY", "proxies", usesNetwork],
  ["NO_PROXY", "hosts that are reached without a proxy", usesNetwork],
  ["NO_COLOR", "if set, nothing is coloured", () => true],
]

/** Which document tells more of a command, or of all of its group. */
const DOCUMENTS: Readonly<Record<string, string>> = {
  "release export": "docs/bundle-format.md",
  "release verify": "docs/bundle-format.md",
  "release inspect": "docs/bundle-format.md",
  "release create": "docs/releases.md",
  "release record-failure": "docs/releases.md",
  "release serve": "docs/registry.md",
  fleet: "docs/policy.md",
  device: "docs/policy.md",
  context: "docs/server.md",
  token: "docs/server.md",
  serve: "docs/server.md",
  whoami: "docs/server.md",
  store: "docs/registry.md",
  doctor: "docs/install.md",
  completion: "docs/install.md",
}

/** Adds to the help of every command an example, what it reads from the environment, and where more is told. */
export function addHelp(program: Command): void {
  for (const command of commandsOf(program)) command.addHelpText("after", () => `\n${helpOf(command)}`)
}

/** A command and all below it. */
export function commandsOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(commandsOf)]
}

/** The words that a command is called with, behind the program's name. */
export function wordsOf(command: Command): string[] {
  return command.parent === null ? [] : [...wordsOf(command.parent), command.name()]
}

function helpOf(command: Command): string {
  const words = wordsOf(command)
  const examples = EXAMPLES[words.join(" ")] ?? []
  const variables = VARIABLES.filter(([, , readBy]) => readBy(command))
  const width = Math.max(...variables.map(([name]) => name.length))
  const document = DOCUMENTS[words.join(" ")] ?? DOCUMENTS[words[0] ?? ""] ?? "README.md"
  return [
    ...section("Examples:", examples),
    ...section(
      "Environment:",
      variables.map(([name, meaning]) => `${name.padEnd(width)}  ${meaning}`),
    ),
    `More: ${placeOf(document)}`,
  ].join("\n")
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`), ""]
}

/** The documents lie above the program, in the sources and the npm package; the packages have them where Linux does. */
function placeOf(document: string): string {
  const program = dirname(fileURLToPath(import.meta.url))
  const places = ["../..", "../../../share/doc/waybill"].map((way) => join(program, way, document))
  return places.find((place) => existsSync(place)) ?? document
}

function has(command: Command, flag: string): boolean {
  return command.options.some(({ long }) => long === flag)
}

/** Of groups all that is read by one of theirs. */
function usesHome(command: Command): boolean {
  if (command.commands.length > 0) return command.commands.some(usesHome)
  const [group] = wordsOf(command)
  return has(command, "--context") || has(command, "--database") || group === "context" || group === "doctor"
}

function worksInContext(command: Command): boolean {
  return has(command, "--context") || command.commands.some(worksInContext)
}

function asksRegistries(command: Command): boolean {
  if (command.commands.length > 0) return command.commands.some(asksRegistries)
  return has(command, "--cert-file")
}

function usesNetwork(command: Command): boolean {
  return (
    command.commands.some(usesNetwork) ||
    asksRegistries(command) ||
    has(command, "--context") ||
    has(command, "--server")
  )
}
