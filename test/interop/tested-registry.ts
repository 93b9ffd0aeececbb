import { onTestFinished } from "vitest"
import { PASSWORD, startDockerRegistry, USER } from "./docker-registry.ts"

/** A registry that a user with this name and password may push to and delete from, and nobody else. */
export interface TestedRegistry {
  /** `127.0.0.1:PORT`, as in a reference. */
  host: string
  /** `http://127.0.0.1:PORT`. */
  url: string
  username: string
  password: string
}

/** The registries that clients are tried on: one that everybody uses says whether a test is right. */
export const REGISTRIES = {
  "docker-registry": runDockerRegistry,
} satisfies Record<string, () => Promise<TestedRegistry>>

async function runDockerRegistry(): Promise<TestedRegistry> {
  const registry = await startDockerRegistry({ auth: "basic" })
  onTestFinished(() => registry.close())
  return { host: registry.host, url: `http://${registry.host}`, username: USER, password: PASSWORD }
}

/** What a registry answers to its user about a manifest. */
export async function manifestOf(
  registry: TestedRegistry,
  repository: string,
  reference: string,
): Promise<{ status: number; bytes: Uint8Array }> {
  const basic = Buffer.from(`${registry.username}:${registry.password}`).toString("base64")
  const answer = await fetch(`${registry.url}/v2/${repository}/manifests/${reference}`, {
    headers: {
      authorization: `Basic ${basic}`,
      accept: "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json",
    },
  })
  return { status: answer.status, bytes: await answer.bytes() }
}
