import type { FleetStore } from "../src/fleet/fleet-store.ts"
import { digestOf } from "../src/oci/digest.ts"

/** Records a release of acme/edge, version 1.`at`.0, whose images nobody asks for. */
export async function recordSample(fleets: FleetStore, at: number): Promise<void> {
  const index = {
    mediaType: "application/vnd.oci.image.index.v1+json",
    digest: digestOf(Buffer.from(`${at}`)),
    size: 1000,
  }
  await fleets.recordRelease(
    "acme/edge",
    {
      commit: at.toString(16).padStart(40, "0"),
      createdAt: "2026-01-01T00:00:00.000Z",
      composition: { services: { web: {} } },
      contract: null,
      note: null,
      tags: {},
      version: { major: 1, minor: at, patch: 0, prerelease: "", build: "", variant: "" },
      index,
      services: [{ name: "web", ...index }],
    },
    { now: new Date("2026-01-01T00:00:00Z"), actor: "bench" },
  )
}
