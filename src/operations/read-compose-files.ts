import { readFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { parseEnv } from "node:util"
import { reasonOf } from "../errors/reason.ts"
import { hasCode } from "../errors/system-error.ts"
import { type ComposeFile, type ComposeText, parseComposeFiles } from "./compose-file.ts"
import { OperationError } from "./operation-error.ts"

/** A compose file by its path; or its text, with what messages call it, as it comes from a pipe. */
export type ComposeSource = string | ComposeText

type Variables = Readonly<Record<string, string | undefined>>

/**
 * The folder of a project: that of the first file which is one, as for Compose, and the current folder where none is. Relative
 * paths in compose files start there.
 */
export function projectFolder(sources: readonly ComposeSource[]): string {
  const first = sources.find((source) => typeof source === "string")
  return first === undefined ? "." : dirname(first)
}

/** Reads compose files and merges them. `variables` are before those of the `.env` in the project's folder. */
export async function readComposeFiles(
  sources: readonly ComposeSource[],
  variables: Variables,
): Promise<ComposeFile> {
  const texts = await Promise.all(
    sources.map(async (source) =>
      typeof source === "string" ? { path: source, text: await readCompose(source) } : source,
    ),
  )
  const defaults = await readVariables(join(projectFolder(sources), ".env"))
  return parseComposeFiles(texts, { ...defaults, ...variables })
}

async function readCompose(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8")
  } catch (cause) {
    throw new OperationError("INVALID_COMPOSE_FILE", `${path} cannot be read: ${reasonOf(cause)}`, {
      hint: "check its path and its permissions",
      cause,
    })
  }
}

/** The `.env` of a project gives what the environment does not (compose-spec, Interpolation). */
async function readVariables(path: string): Promise<Variables> {
  try {
    return parseEnv(await readFile(path, "utf8"))
  } catch (cause) {
    // As for Compose, a folder of that name is another thing.
    if (hasCode(cause, "ENOENT") || hasCode(cause, "EISDIR")) return {}
    throw new OperationError("INVALID_COMPOSE_FILE", `${path} cannot be read: ${reasonOf(cause)}`, {
      hint: "variables of images are looked for in it: check its permissions, or move it away",
      cause,
    })
  }
}
