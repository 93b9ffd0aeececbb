import { join } from "node:path"
import { type CredentialFile, credentialOf, readCredentialFile } from "./credential-file.ts"
import { askCredentialHelper } from "./credential-helper.ts"
import type { Credential, CredentialStore } from "./credentials.ts"
import { RegistryError } from "./registry-error.ts"

/** Where credentials are looked for: values of the environment, read by the caller. */
export interface CredentialSources {
  /** `REGISTRY_AUTH_FILE`: if set, the only file that is read, as Podman has it. */
  registryAuthFile?: string | undefined
  /** `XDG_RUNTIME_DIR`: Podman keeps `containers/auth.json` in it. */
  xdgRuntimeDir?: string | undefined
  /** `DOCKER_CONFIG`: a folder with a `config.json`. Default: `.docker` in the home folder. */
  dockerConfig?: string | undefined
  /** The user's home folder. */
  home?: string | undefined
  /** Environment for credential helpers; they are looked for on its `PATH`. */
  helperEnvironment?: Readonly<Record<string, string | undefined>> | undefined
  /** Milliseconds that a helper may take. Default 30,000. */
  helperTimeout?: number | undefined
}

/**
 * The credentials that `docker login` and `podman login` left. Files are read at the first look-up, so that work
 * without a login never fails for them. Looking up throws `CREDENTIALS_INVALID` and `CREDENTIAL_HELPER_FAILED`.
 */
export function loadCredentials(sources: CredentialSources): CredentialStore {
  let files: Promise<CredentialFile[]> | undefined
  return {
    async lookup(registry, repository, signal) {
      files ??= readFiles(sources).catch((error: unknown) => {
        // A file that is mended is read again.
        files = undefined
        throw error
      })
      const places = placesOf(registry, repository)
      for (const file of await files) {
        const credential = await lookupIn(file, places, sources, signal)
        if (credential !== undefined) return credential
      }
      return undefined
    },
  }
}

/**
 * The places, as `host[/path]`, that a login is kept for in the files; what only a credential helper knows is not among
 * them. Throws `CREDENTIALS_INVALID`.
 */
export async function listLogins(sources: CredentialSources): Promise<string[]> {
  const files = await readFiles(sources)
  return [...new Set(files.flatMap(({ auths, credHelpers }) => [...auths.keys(), ...credHelpers.keys()]))]
}

async function readFiles(sources: CredentialSources): Promise<CredentialFile[]> {
  const { registryAuthFile, xdgRuntimeDir, dockerConfig, home } = sources
  if (registryAuthFile) {
    const file = await readCredentialFile(registryAuthFile)
    if (file !== undefined) return [file]
    throw new RegistryError(
      "CREDENTIALS_INVALID",
      `the credential file ${registryAuthFile}, which REGISTRY_AUTH_FILE names, is not there`,
      { hint: "log in with podman login, or unset REGISTRY_AUTH_FILE" },
    )
  }
  const dockerFolder = dockerConfig || (home && join(home, ".docker"))
  const paths = [
    xdgRuntimeDir && join(xdgRuntimeDir, "containers", "auth.json"),
    dockerFolder && join(dockerFolder, "config.json"),
  ]
  const files: CredentialFile[] = []
  for (const path of paths) {
    const file = path ? await readCredentialFile(path) : undefined
    if (file !== undefined) files.push(file)
  }
  return files
}

/** Helpers of one registry come before the store of all, and that before what the file holds itself. */
async function lookupIn(
  file: CredentialFile,
  places: readonly string[],
  sources: CredentialSources,
  signal: AbortSignal | undefined,
): Promise<Credential | undefined> {
  const host = places.at(-1) ?? ""
  const options = {
    environment: sources.helperEnvironment ?? {},
    timeout: sources.helperTimeout ?? 30_000,
    signal,
  }
  const helperPlace = places.find((place) => file.credHelpers.has(place))
  if (helperPlace !== undefined) {
    const found = await askCredentialHelper(
      file.credHelpers.get(helperPlace) ?? "",
      serverOf(helperPlace),
      options,
    )
    if (found !== undefined) return found
  } else if (file.credsStore !== undefined) {
    const found = await askCredentialHelper(file.credsStore, serverOf(host), options)
    if (found !== undefined) return found
  }
  for (const place of places) {
    const entry = file.auths.get(place)
    const found = entry === undefined ? undefined : credentialOf(file.path, place, entry)
    if (found !== undefined) return found
  }
  return undefined
}

/** The places that may hold a repository's credential, the longest first, the registry's host last. */
function placesOf(registry: string, repository: string): string[] {
  const parts = repository.split("/")
  const paths = parts.map((_, index) => `${registry}/${parts.slice(0, parts.length - index).join("/")}`)
  return [...paths, registry]
}

/** Docker Hub's credentials are stored under the address of its index. */
function serverOf(place: string): string {
  return place === "docker.io" ? "https://index.docker.io/v1/" : place
}
