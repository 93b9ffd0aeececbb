import { cp, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeSampleApplication } from "../../fixtures/sample-application/make.ts"
import type { FleetSlug } from "../../src/fleet/slug.ts"
import { type Digest, digestOf } from "../../src/oci/digest.ts"
import { createRelease } from "../../src/operations/create-release.ts"
import { exportRelease } from "../../src/operations/export-release.ts"
import { openHome } from "../../src/operations/home.ts"
import { importRelease } from "../../src/operations/import-release.ts"
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

/** Shared by all tests of a process; it goes away with the run. */
const folder = await mkdtemp(join(tmpdir(), "waybill-test-sample-"))
const bundles = new Map<number, Promise<Omit<SampleBundle, "file">>>()

/** Brings the sample application and a bundle of it to a machine, without the command line. */
export async function bringBundle(machine: Machine, size = 1_000_000): Promise<SampleBundle> {
  const place = join(folder, String(size))
  const bundle = bundles.get(size) ?? makeBundle(place, size)
  bundles.set(size, bundle)
  const made = await bundle
  await cp(place, machine.folder, { recursive: true })
  return { ...made, file: machine.path("release.tar") }
}

async function makeBundle(place: string, size: number): Promise<Omit<SampleBundle, "file">> {
  const { composeFile } = await makeSampleApplication(join(place, "application"), { size })
  const home = join(folder, "home")
  const context = await openHome({ path: home, clock: systemClock, actor: "tester" })
  try {
    const fleet = await context.fleets.createFleet({ slug: "acme/edge" }, context.change())
    const request = { fleet: fleet.slug, composeFile, version: "1.2.3", note: "the tested one" }
    const { release } = await createRelease(context, request)
    await exportRelease(context, { commit: release.commit }, join(place, "release.tar"))
    const images = Object.fromEntries(release.services.map(({ name, digest }) => [name, digest]))
    return { release: release.index.digest, commit: release.commit, images }
  } finally {
    await context.close()
    await rm(home, { recursive: true })
  }
}

/** Imports a bundle into a fleet of a machine, without the command line. */
export async function importBundle(machine: Machine, file: string, fleet: FleetSlug): Promise<void> {
  const context = await openHome({ path: machine.path("home"), clock: systemClock, actor: "tester" })
  try {
    await importRelease(context, { fleet, bundle: file })
  } finally {
    await context.close()
  }
}

/** The digest in which a test compares files and pipes. */
export function sha256(bytes: Uint8Array): string {
  return digestOf(bytes)
}
