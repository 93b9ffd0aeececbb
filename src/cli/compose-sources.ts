import { stat } from "node:fs/promises"
import { hasCode } from "../errors/system-error.ts"
import type { ComposeSource } from "../operations/read-compose-files.ts"
import { withInput } from "./standard-input.ts"
import { UsageError } from "./usage-error.ts"

/** In the order of Compose (compose-go, cli). */
const MAIN_NAMES = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]
const OVERRIDE_NAMES = [
  "compose.override.yml",
  "compose.override.yaml",
  "docker-compose.override.yml",
  "docker-compose.override.yaml",
]

const STANDARD_INPUT = "-"

/** In bytes; a fleet keeps a composition of a million characters. */
const MAX_INPUT = 16 * 1024 * 1024

interface ComposeChoice {
  /** As they are named, `-` for standard input. */
  names: string[]
  sources: ComposeSource[]
  warnings: string[]
}

/** The compose files that a command line names, else the one of the current folder, as Compose finds it. */
export async function chooseComposeFiles(
  named: readonly string[] | undefined,
  compositionVariable: string | undefined,
): Promise<ComposeChoice> {
  if (named !== undefined) return { names: [...named], sources: await readInput(named), warnings: [] }
  const found = await present(MAIN_NAMES)
  const [first, ...others] = found
  if (first === undefined) {
    throw new UsageError("NO_COMPOSE_FILE", `there is none of ${MAIN_NAMES.join(", ")} in ${process.cwd()}`, {
      hint: "go to the folder of the compose file, or name it with -f; -f - reads it from standard input",
    })
  }
  const overrides = await present(OVERRIDE_NAMES)
  const warnings = [
    others.length === 0 ? [] : `there is ${others.join(", ")} too: ${first} is taken, as Compose does`,
    overrides.map(
      (override) => `${override} is not merged in, for nobody named it; with it: -f ${first} -f ${override}`,
    ),
    compositionVariable ? "COMPOSE_FILE is not heeded: name its files with -f" : [],
  ]
  return { names: [first], sources: [first], warnings: warnings.flat() }
}

async function readInput(named: readonly string[]): Promise<ComposeSource[]> {
  const count = named.filter((name) => name === STANDARD_INPUT).length
  if (count > 1) {
    throw new UsageError("USAGE", "standard input can be read once, and -f - stands there more often", {
      hint: "write all but one into files",
    })
  }
  const input = count === 0 ? undefined : { path: "standard input", text: await readText() }
  return named.map((name) => (name === STANDARD_INPUT && input !== undefined ? input : name))
}

async function readText(): Promise<string> {
  return withInput(STANDARD_INPUT, async (input) => {
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of input as AsyncIterable<Uint8Array>) {
      chunks.push(chunk)
      size += chunk.length
      if (size <= MAX_INPUT) continue
      throw new UsageError("INVALID_COMPOSE_FILE", `standard input is larger than ${MAX_INPUT} bytes`, {
        hint: "pipe a compose file into this command",
      })
    }
    return Buffer.concat(chunks).toString()
  })
}

async function present(names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(names.map(async (name) => ((await isThere(name)) ? [name] : [])))
  return found.flat()
}

async function isThere(name: string): Promise<boolean> {
  try {
    await stat(name)
    return true
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false
    throw error
  }
}
