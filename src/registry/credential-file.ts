import { readFile } from "node:fs/promises"
import { z } from "zod"
import { reasonOf } from "../errors/reason.ts"
import { parseJson } from "../oci/json.ts"
import type { Credential } from "./credentials.ts"
import { RegistryError } from "./registry-error.ts"

const authSchema = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
})

const fileSchema = z.object({
  auths: z.record(z.string(), authSchema).optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
  credsStore: z.string().optional(),
})

type Auth = z.output<typeof authSchema>

/** A credential file of Docker (`config.json`) or Podman (`auth.json`). Its keys are in one form: `host[/path]`. */
export interface CredentialFile {
  path: string
  auths: ReadonlyMap<string, Auth>
  credHelpers: ReadonlyMap<string, string>
  credsStore: string | undefined
}

/** Reads a credential file; `undefined` if it is not there. Throws `CREDENTIALS_INVALID`, without any of its content. */
export async function readCredentialFile(path: string): Promise<CredentialFile | undefined> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (cause) {
    if (["ENOENT", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? "")) return undefined
    throw invalid(path, `it cannot be read: ${reasonOf(cause)}`, cause)
  }
  // Podman and Docker leave an empty file behind after a logout.
  if (bytes.length === 0) return { path, auths: new Map(), credHelpers: new Map(), credsStore: undefined }
  try {
    const file = parseJson(bytes, "it", fileSchema)
    return {
      path,
      auths: byPlace(file.auths),
      credHelpers: byPlace(file.credHelpers),
      credsStore: file.credsStore || undefined,
    }
  } catch (error) {
    // The message names the place that is wrong, and no value. The cause could hold one, so it stays here.
    throw invalid(path, error instanceof Error ? error.message : "it is not valid JSON")
  }
}

/** The credential that an entry of `auths` holds; `undefined` for the empty ones that a credential store leaves. */
export function credentialOf(path: string, place: string, entry: Auth): Credential | undefined {
  if (entry.identitytoken) return { identityToken: entry.identitytoken }
  if (entry.auth) {
    const text = Buffer.from(entry.auth, "base64").toString()
    const colon = text.indexOf(":")
    if (colon < 0) throw invalid(path, `its entry for ${place} is not a user and password in base64`)
    // Docker pads passwords with zero bytes.
    return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, "") }
  }
  if (entry.username && entry.password) return { username: entry.username, password: entry.password }
  return undefined
}

/**
 * Names a place as references do. Keys come as `host`, `https://host`, `https://host/v1/`, and from Podman with a
 * repository's path; with a scheme only the host counts, as both tools have it.
 */
function normalizePlace(key: string): string {
  const withScheme = /^https?:\/\/([^/]*)/.exec(key)?.[1]
  const place = (withScheme ?? key.replace(/\/v[12]\/?$/, "")).replace(/\/+$/, "")
  const slash = place.indexOf("/")
  const host = slash < 0 ? place : place.slice(0, slash)
  const isHub = ["index.docker.io", "registry-1.docker.io", "docker.io"].includes(host)
  return isHub ? `docker.io${slash < 0 ? "" : place.slice(slash)}` : place
}

/** An exact key wins over one that only names the same place. */
function byPlace<Value>(entries: Record<string, Value> = {}): Map<string, Value> {
  const places = new Map<string, Value>()
  for (const [key, value] of Object.entries(entries)) {
    const place = normalizePlace(key)
    if (key === place || !places.has(place)) places.set(place, value)
  }
  return places
}

function invalid(path: string, reason: string, cause?: unknown): RegistryError {
  return new RegistryError("CREDENTIALS_INVALID", `the credential file ${path} cannot be used: ${reason}`, {
    cause,
    hint: "mend the file, or log in again with docker login or podman login",
  })
}
