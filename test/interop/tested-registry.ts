import { onTestFinished } from "vitest"
import type { FleetSlug } from "../../src/fleet/slug.ts"
import { Machine } from "../support/cli.ts"
import { serve } from "../support/served.ts"
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

/** The repositories that there are in each. */
const REPOSITORIES = ["acme/edge", "acme/spare"] as const satisfies FleetSlug[]

/** The registries that clients are tried on: one that everybody uses says whether a test is right. */
export const REGISTRIES = {
  "docker-registry": runDockerRegistry,
  "waybill serve": runWaybillServe,
} satisfies Record<string, () => Promise<TestedRegistry>>

async function runDockerRegistry(): Promise<TestedRegistry> {
  const registry = await startDockerRegistry({ auth: "basic" })
  onTestFinished(() => registry.close())
  return { host: registry.host, url: `http://${registry.host}`, username: USER, password: PASSWORD }
}

/** `waybill serve` with a fleet for each repository, and its administrator. */
async function runWaybillServe(): Promise<TestedRegistry> {
  const { url, token } = await serve(await Machine.create(...REPOSITORIES))
  return { host: new URL(url).host, url, username: "ada", password: token }
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
