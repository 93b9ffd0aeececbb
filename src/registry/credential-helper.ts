import { execa } from "execa"
import { z } from "zod"
import { parseJson } from "../oci/json.ts"
import type { Credential } from "./credentials.ts"
import { RegistryError } from "./registry-error.ts"

const answerSchema = z.object({ Username: z.string(), Secret: z.string() })

/** How helpers say it (docker-credential-helpers, credentials/error.go). */
const NOT_FOUND = /credentials not found/i
/** With this user name the secret is an identity token. */
const TOKEN_USER = "<token>"

export interface HelperOptions {
  /** Environment of the helper's process; `PATH` says where it is looked for. */
  environment: Readonly<Record<string, string | undefined>>
  /** Milliseconds. */
  timeout: number
  signal?: AbortSignal | undefined
}

/**
 * Asks `docker-credential-<name> get` for a server's credential; `undefined` if it has none.
 * Throws `CREDENTIAL_HELPER_FAILED` if it is missing, fails or does not answer in time, and shows nothing that it printed.
 */
export async function askCredentialHelper(
  name: string,
  server: string,
  options: HelperOptions,
): Promise<Credential | undefined> {
  // A name with a path in it would start any program.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name)) {
    throw failed(`"${name.slice(0, 60)}" is not the name of a credential helper`, "mend the credential file")
  }
  const command = `docker-credential-${name}`
  options.signal?.throwIfAborted()
  const helper = execa(command, ["get"], {
    input: server,
    env: options.environment as Record<string, string>,
    extendEnv: false,
    timeout: options.timeout,
    forceKillAfterDelay: 500,
    maxBuffer: 1024 * 1024,
    stderr: "ignore",
    reject: false,
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  })
  // What the helper started may keep its output open after the helper itself was killed; nobody waits for that.
  helper.nodeChildProcess.once("exit", (_, killedBy) => killedBy && helper.stdout.destroy())
  const result = await helper
  options.signal?.throwIfAborted()
  if (result.timedOut) {
    throw failed(
      `${command} does not answer within ${options.timeout / 1000} seconds`,
      "unlock its store, or log in again",
    )
  }
  if (result.code === "ENOENT") {
    throw failed(`${command} is not installed`, `install it, or remove "${name}" from the credential file`)
  }
  if (result.failed) {
    if (NOT_FOUND.test(result.stdout)) return undefined
    throw failed(
      `${command} fails for ${server} (${result.exitCode ?? result.signal ?? result.code})`,
      `try: echo ${server} | ${command} get`,
    )
  }
  return parseAnswer(command, result.stdout)
}

function parseAnswer(command: string, output: string): Credential | undefined {
  let answer: z.output<typeof answerSchema>
  try {
    answer = parseJson(Buffer.from(output), "its answer", answerSchema)
  } catch {
    throw failed(
      `${command} does not answer with a credential`,
      "check that it is a Docker credential helper",
    )
  }
  if (answer.Username === "" && answer.Secret === "") return undefined
  if (answer.Username === TOKEN_USER) return { identityToken: answer.Secret }
  return { username: answer.Username, password: answer.Secret }
}

function failed(message: string, hint: string): RegistryError {
  return new RegistryError("CREDENTIAL_HELPER_FAILED", message, { hint })
}
