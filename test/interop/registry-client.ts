import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import type { TestedRegistry } from "./tested-registry.ts"

const GO_TOOLS = join(import.meta.dirname, "../../.tools/go/bin")

/** Runs a client of others in a folder that is all it knows of, and returns what it printed. */
export type Run = (command: string, ...args: readonly string[]) => Promise<string>

export function runIn(folder: string): Run {
  const env = {
    PATH: `${GO_TOOLS}:${process.env.PATH}`,
    HOME: folder,
    DOCKER_CONFIG: join(folder, "docker"),
    REGISTRY_AUTH_FILE: join(folder, "auth.json"),
    REGCTL_CONFIG: join(folder, "regctl.json"),
  }
  return async (command, ...args) => {
    const { stdout } = await promisify(execFile)(command, args, { cwd: folder, env, maxBuffer: 1 << 26 })
    return stdout
  }
}

/** How a client does what all of them can. */
export interface RegistryClient {
  name: string
  /** Fails with a wrong password, then or when it first asks for something. */
  logIn(run: Run, registry: TestedRegistry, password: string): Promise<unknown>
  /** Pushes the only image of a layout, which has this name there. */
  push(run: Run, layout: string, name: string, image: string): Promise<unknown>
  /** Pulls an image into a new layout. */
  pull(run: Run, image: string, layout: string): Promise<unknown>
  /** From one repository to another of the registry. */
  copy(run: Run, from: string, to: string): Promise<unknown>
  tags(run: Run, repository: string): Promise<string[]>
  /** Deletes what is named by a digest. */
  remove(run: Run, image: string): Promise<unknown>
}

const PLAIN_HTTP = "--plain-http"
const NO_TLS = "--tls-verify=false"
const SKOPEO_COPY = ["--insecure-policy", "copy", "--quiet", "--all", "--preserve-digests"]

export const skopeo: RegistryClient = {
  name: "skopeo",
  logIn: (run, { host, username }, password) =>
    run("skopeo", "login", NO_TLS, "--username", username, "--password", password, host),
  push: (run, layout, name, image) =>
    run("skopeo", ...SKOPEO_COPY, "--dest-tls-verify=false", `oci:${layout}:${name}`, `docker://${image}`),
  pull: (run, image, layout) =>
    run("skopeo", ...SKOPEO_COPY, "--src-tls-verify=false", `docker://${image}`, `oci:${layout}:pulled`),
  copy: (run, from, to) =>
    run(
      "skopeo",
      ...SKOPEO_COPY,
      "--src-tls-verify=false",
      "--dest-tls-verify=false",
      `docker://${from}`,
      `docker://${to}`,
    ),
  async tags(run, repository) {
    return JSON.parse(await run("skopeo", "list-tags", NO_TLS, `docker://${repository}`)).Tags
  },
  remove: (run, image) => run("skopeo", "delete", NO_TLS, `docker://${image}`),
}

export const crane: RegistryClient = {
  name: "crane",
  logIn: (run, { host, username }, password) =>
    run("crane", "auth", "login", host, "--username", username, "--password", password),
  push: (run, layout, _, image) => run("crane", "push", layout, image),
  pull: (run, image, layout) => run("crane", "pull", "--format=oci", image, layout),
  copy: (run, from, to) => run("crane", "copy", from, to),
  tags: async (run, repository) => lines(await run("crane", "ls", repository)),
  remove: (run, image) => run("crane", "delete", image),
}

export const regctl: RegistryClient = {
  name: "regctl",
  async logIn(run, { host, username }, password) {
    await run("regctl", "registry", "set", "--skip-check", "--tls", "disabled", host)
    await run("regctl", "registry", "login", host, "--user", username, "--pass", password)
  },
  push: (run, layout, name, image) => run("regctl", "image", "copy", `ocidir://${layout}:${name}`, image),
  pull: (run, image, layout) => run("regctl", "image", "copy", image, `ocidir://${layout}:pulled`),
  copy: (run, from, to) => run("regctl", "image", "copy", from, to),
  tags: async (run, repository) => lines(await run("regctl", "tag", "ls", repository)),
  remove: (run, image) => run("regctl", "manifest", "delete", image),
}

export const oras: RegistryClient = {
  name: "oras",
  logIn: (run, { host, username }, password) =>
    run("oras", "login", PLAIN_HTTP, "--username", username, "--password", password, host),
  push: (run, layout, name, image) =>
    run("oras", "copy", "--from-oci-layout", `${layout}:${name}`, "--to-plain-http", image),
  pull: (run, image, layout) =>
    run("oras", "copy", "--from-plain-http", image, "--to-oci-layout", `${layout}:pulled`),
  copy: (run, from, to) => run("oras", "copy", "--from-plain-http", from, "--to-plain-http", to),
  tags: async (run, repository) => lines(await run("oras", "repo", "tags", PLAIN_HTTP, repository)),
  remove: (run, image) => run("oras", "manifest", "delete", PLAIN_HTTP, "--force", image),
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "")
}
