import { rm } from "node:fs/promises"
import { makeSampleApplication } from "../../fixtures/sample-application/make.ts"
import { type Digest, digestOf } from "../../src/oci/digest.ts"
import { createRelease } from "../../src/operations/create-release.ts"
import { exportRelease } from "../../src/operations/export-release.ts"
import { openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import type { Machine } from "./cli.ts"

/** What `release create`, `show` and `import` print as JSON, as far as tests look at it. */
export interface PrintedRelease {
  fleet: string
  version: string
  status: string
  failureReason: string | null
  revision: number | null
  isDraft: boolean
  commit: string
  /** The release digest. */
  release: Digest
  services: Record<string, { mediaType: string; digest: Digest; size: number }>
  composition: { services: Record<string, unknown> }
  note: string | null
  tags: Record<string, string>
  /** Of `import`. */
  wasThere?: boolean
  /** Of `list`. */
  isLatest?: boolean
}

/** The sample application with little in it, as `application/compose.yml` of a machine. */
export async function writeSample(machine: Machine, size = 1_000_000): Promise<string> {
  await makeSampleApplication(machine.path("application"), { size })
  return "application/compose.yml"
}

/** Creates a release of the sample application, of version 1.2.3. */
export async function createSample(
  machine: Machine,
  fleet: string,
  options: { size?: number; words?: string[] } = {},
): Promise<PrintedRelease> {
  const file = await writeSample(machine, options.size)
  const words = ["release", "create", fleet, "-f", file, "--version", "1.2.3", ...(options.words ?? [])]
  return machine.json<PrintedRelease>(words)
}

export interface SampleBundle {
  /** Its path. */
  file: string
  release: Digest
  commit: string
  /** The digests of the images. */
  images: Record<string, Digest>
}

/** A bundle of the sample application, made without the command line on some other machine. */
export async function bringBundle(machine: Machine, size?: number): Promise<SampleBundle> {
  const composeFile = machine.path(await writeSample(machine, size))
  const file = machine.path("release.tar")
  const context = await openHome({ path: machine.path("elsewhere"), clock: systemClock })
  try {
    const fleet = await context.fleets.createFleet({ slug: "acme/edge" }, { now: context.now() })
    const request = { fleet: fleet.slug, composeFile, version: "1.2.3", note: "the tested one" }
    const { release } = await createRelease(context, request)
    await exportRelease(context, { commit: release.commit }, file)
    const images = Object.fromEntries(release.services.map(({ name, digest }) => [name, digest]))
    return { file, release: release.index.digest, commit: release.commit, images }
  } finally {
    await context.close()
    await rm(machine.path("elsewhere"), { recursive: true })
  }
}

/** The digest in which a test compares files and pipes. */
export function sha256(bytes: Uint8Array): string {
  return digestOf(bytes)
}
