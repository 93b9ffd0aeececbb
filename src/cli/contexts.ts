import { randomBytes } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { z } from "zod"
import { replaceFile } from "../content/atomic-file.ts"
import { withProcessLock } from "../content/process-lock.ts"
import { reasonOf } from "../errors/reason.ts"
import { WaybillError } from "../errors/waybill-error.ts"
import { parseJson } from "../oci/json.ts"
import { prepareHome } from "../operations/home-folder.ts"
import { CONTEXTS_FILE, HOME_CONTEXT, homePath } from "./home-path.ts"
import { lockTimeout } from "./lock-timeout.ts"
import { warn } from "./output.ts"
import { UsageError } from "./usage-error.ts"

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/

const serverSchema = z.object({
  server: z.string(),
  token: z.string(),
  caFile: z.string().optional(),
  plainHttp: z.boolean().optional(),
})

const contextsSchema = z.object({
  current: z.string().default(HOME_CONTEXT),
  contexts: z.record(z.string(), serverSchema),
})

/** How to reach a server. */
export type ServerContext = z.output<typeof serverSchema>

/** The contexts of a user, and which one is in use. */
export type Contexts = z.output<typeof contextsSchema>

/** Reads the contexts of this user. Throws `CONTEXTS_DAMAGED`. */
export async function readContexts(): Promise<Contexts> {
  const path = contextsPath()
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined
    throw error
  })
  if (bytes === undefined) return { current: HOME_CONTEXT, contexts: {} }
  try {
    return parseJson(bytes, path, contextsSchema)
  } catch (cause) {
    throw new WaybillError("CONTEXTS_DAMAGED", (cause as Error).message, {
      hint: "mend the file, or move it away and create the contexts again",
      cause,
    })
  }
}

/** What a command works in that names no context: what the environment says, else what is in use. */
export function chosenContext({ current }: Contexts): string {
  return process.env.WAYBILL_CONTEXT || current
}

/** Changes them, one command after the other: of two that write what they read before, one would lose its token. */
export async function changeContexts(
  signal: AbortSignal,
  change: (present: Contexts) => Contexts,
): Promise<Contexts> {
  const options = { lockTimeout: lockTimeout(), onLockWait: warn, signal }
  await prepareHome(homePath(), warn)
  return withProcessLock(`${contextsPath()}.lock`, options, async () => {
    const changed = change(await readContexts())
    await writeContexts(changed)
    return changed
  })
}

/** Writes them for this user's eyes only, whole or not at all: there are secrets in them. */
async function writeContexts(contexts: Contexts): Promise<void> {
  const path = contextsPath()
  try {
    await replaceFile(path, `${path}.${randomBytes(6).toString("hex")}`, (file) =>
      file.writeFile(`${JSON.stringify(contexts, undefined, 2)}\n`),
    )
  } catch (error) {
    throw new WaybillError("CONTEXTS_NOT_KEPT", `${path} cannot be written: ${reasonOf(error)}`, {
      hint: "free some space on that disk and check its permissions, then run the same command again",
      cause: error,
    })
  }
}

/** Checks the name of a context to be made. Throws a `UsageError`. */
export function checkContextName(name: string): void {
  if (NAME.test(name) && name !== HOME_CONTEXT && name !== "__proto__") return
  throw new UsageError("INVALID_CONTEXT", `"${name.slice(0, 80)}" cannot be the name of a context`, {
    hint:
      name === HOME_CONTEXT
        ? "home is the folder on this machine, and always there"
        : "use at most 63 of a-z A-Z 0-9 . _ -",
  })
}

/** The server that a name stands for; `undefined` for the home. Throws a `UsageError` that lists what there is. */
export function findContext({ contexts }: Contexts, name: string): ServerContext | undefined {
  if (name === HOME_CONTEXT) return undefined
  const found = Object.hasOwn(contexts, name) ? contexts[name] : undefined
  if (found !== undefined) return found
  throw new UsageError("CONTEXT_NOT_FOUND", `there is no context "${name.slice(0, 80)}"`, {
    hint: `the contexts are: ${[HOME_CONTEXT, ...Object.keys(contexts)].join(", ")}; \`waybill context create\` makes one`,
  })
}

function contextsPath(): string {
  return join(homePath(), CONTEXTS_FILE)
}
