import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { startTokenServer, type TokenServer } from "../support/registry/token-server.ts"

export const USER = "ada"
export const PASSWORD = "secret"
/** The password by bcrypt, which is all that docker-registry takes in an htpasswd file. */
const HTPASSWD = `${USER}:$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n`

export interface DockerRegistryOptions {
  /** Default `none`. */
  auth?: "none" | "basic" | "token" | undefined
}

export interface DockerRegistry {
  /** `127.0.0.1:PORT`, as in a reference. */
  host: string
  /** Where it keeps its files. */
  folder: string
  /** With `auth: "token"`. */
  tokens: TokenServer | undefined
  close(): Promise<void>
}

/** Starts Debian's docker-registry (CNCF distribution 2.8.2) on loopback, with a fresh folder. */
export async function startDockerRegistry({
  auth = "none",
}: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  const folder = await mkdtemp(join(tmpdir(), "waybill-docker-registry-"))
  const tokens = auth === "token" ? await startTokenServer({ users: { [USER]: PASSWORD } }) : undefined
  await mkdir(join(folder, "data"))
  await writeFile(join(folder, "htpasswd"), HTPASSWD)
  await writeFile(join(folder, "token.pem"), tokens?.certificate ?? "")
  const config = {
    version: "0.1",
    log: { level: "info" },
    storage: { filesystem: { rootdirectory: join(folder, "data") }, delete: { enabled: true } },
    http: { addr: "127.0.0.1:0", secret: "for tests" },
    ...authConfig(folder, auth, tokens),
  }
  // JSON is YAML.
  await writeFile(join(folder, "config.yml"), JSON.stringify(config))
  const child = spawn("docker-registry", ["serve", join(folder, "config.yml")], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: "none" },
  })
  const exited = once(child, "exit")
  const host = await new Promise<string>((resolve, reject) => {
    child.once("error", reject)
    exited.then(() => reject(new Error("docker-registry ended before it listened")), reject)
    createInterface(child.stderr).on("line", (line) => {
      const address = /listening on (127\.0\.0\.1:[0-9]+)/.exec(line)?.[1]
      if (address) resolve(address)
    })
  })
  return {
    host,
    folder,
    tokens,
    async close() {
      child.kill("SIGKILL")
      await exited
      await tokens?.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function authConfig(folder: string, auth: string, tokens: TokenServer | undefined): object {
  if (auth === "basic") return { auth: { htpasswd: { realm: "test", path: join(folder, "htpasswd") } } }
  if (tokens === undefined) return {}
  const { realm, service, issuer } = tokens
  return { auth: { token: { realm, service, issuer, rootcertbundle: join(folder, "token.pem") } } }
}
