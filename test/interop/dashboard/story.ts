import { randomBytes } from "node:crypto"
import { newTokenSecret } from "../../../src/fleet/secret.ts"
import { parseVersion } from "../../../src/fleet/version.ts"
import { sampleDevice } from "../../fleet/sample-device.ts"
import { sampleFailure, sampleRelease } from "../../fleet/sample-release.ts"
import { runDashboard } from "../../support/dashboard.ts"
import type { TestServer } from "../../support/running-server.ts"

export const FLEET = "acme/edge"

/** A team's fleet: three final releases, a draft, one invalidated and one that failed; three devices that follow it. */
export async function runStory(): Promise<TestServer> {
  const server = await runDashboard()
  const { fleets, change } = server.home
  await fleets.createFleet({ slug: FLEET, registry: "registry.example/prod" }, change())
  const record = async (text: string, changes: Parameters<typeof sampleRelease>[1] = {}) =>
    (
      await fleets.recordRelease(
        FLEET,
        sampleRelease(text, { version: parseVersion(text), ...changes }),
        change(),
      )
    ).release
  await record("1.2.2", { note: "the old one" })
  await record("1.2.3", { note: "the tested one" })
  const broken = await record("1.2.9")
  await fleets.invalidateRelease(broken.id, change())
  await record("1.3.0")
  await record("2.0.0", { isDraft: true })
  await fleets.recordUnsuccessfulRelease(
    FLEET,
    sampleFailure("1.3.1", { version: parseVersion("1.3.1") }),
    change(),
  )
  for (const number of [1, 2, 3]) {
    await fleets.registerDevice(FLEET, sampleDevice(number, { name: `press ${number}` }), change())
  }
  return server
}

/** The secret of a token of the team with less than all rights. */
export async function secretOf({ home }: TestServer, role: "viewer" | "deployer"): Promise<string> {
  const secret = newTokenSecret(randomBytes)
  await home.access.createToken({ name: role, organization: "acme", role, secret }, home.change())
  return secret
}
