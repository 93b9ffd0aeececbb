import { Bundle } from "../bundle/bundle.ts"
import type { BundlePlan } from "../bundle/bundle-plan.ts"
import { BundleStream } from "../bundle/bundle-stream.ts"
import { type CopyOptions, copyBlob, copyGraph, pushDocuments, sumOfSizes } from "../content/copy.ts"
import { isKeeper } from "../content/interfaces.ts"
import { bodyOf, readDocument } from "../content/read-document.ts"
import { FleetError } from "../fleet/fleet-error.ts"
import { type NewRelease, type Release, ReleaseExistsError } from "../fleet/release.ts"
import { checkNewRelease } from "../fleet/release-limits.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { parseVersion } from "../fleet/version.ts"
import type { Context, FleetContent } from "./context.ts"
import type { SuccessfulRelease } from "./find-release.ts"
import { mountSource } from "./mount-source.ts"
import { passingBody } from "./passing-body.ts"
import { tagOrWarn } from "./tag-release.ts"

export interface ImportRequest {
  fleet: FleetSlug
  /** A file, or the bytes of a bundle as they come from a pipe. */
  bundle: string | AsyncIterable<Uint8Array>
  /** Names the release in this fleet; its content, which says its own version, stays as it is. */
  overrideVersion?: string | undefined
}

export type ImportOptions = Pick<CopyOptions, "concurrency" | "onTransfer" | "signal">

export interface ImportResult {
  release: SuccessfulRelease
  plan: BundlePlan
  /** Whether the fleet had the release before: then its content and tags were checked, and mended where missing. */
  wasThere: boolean
  /** What did not work though the release is recorded, one sentence each. */
  warnings: string[]
}

/**
 * Imports a bundle into a fleet: checks it, sends what the fleet's registry or content store lacks, then records the
 * release in one transaction. A failure or a kill at any moment leaves the fleet as it was; doing it again finishes
 * the work, as it does where only the tags could not be set, which is a warning. Throws `COMMIT_CONFLICT` when the fleet has that commit with other content, and what the parts throw.
 */
export async function importRelease(
  context: Context,
  request: ImportRequest,
  options: ImportOptions = {},
): Promise<ImportResult> {
  const fleet = await context.fleets.getFleet(request.fleet, options)
  const content = await context.contentOf(fleet)
  const send = async (plan: BundlePlan, transfer: (options: CopyOptions) => Promise<void>) => {
    const release = newRelease(plan, request.overrideVersion)
    checkNewRelease(release)
    await refuseConflict(context, fleet.slug, release)
    await using _ = isKeeper(content) ? await content.lease(options) : undefined
    await transfer({ ...options, mountFrom: await mountSource(context, fleet, options) })
    // What answers yes to everything is no registry: nothing is recorded that has not been seen there.
    await readDocument(content, release.index, options)
    const recorded = await record(context, fleet.slug, release)
    const warnings = await tagOrWarn(content, recorded.release, options)
    return { ...recorded, plan, warnings }
  }
  if (typeof request.bundle !== "string") {
    const stream = await BundleStream.open(request.bundle, options)
    return send(stream.plan, (copyOptions) => copyStream(stream, content, copyOptions))
  }
  const bundle = await Bundle.open(request.bundle, options)
  try {
    return await send(bundle.plan, (copyOptions) =>
      copyGraph(bundle, bundle.plan.graph, content, copyOptions),
    )
  } finally {
    await bundle.close()
  }
}

function newRelease(
  { manifest, release, services }: BundlePlan,
  overrideVersion: string | undefined,
): NewRelease {
  return {
    commit: manifest.commit,
    createdAt: manifest.createdAt,
    composition: manifest.composition,
    contract: manifest.contract ?? null,
    note: manifest.note ?? null,
    tags: manifest.tags,
    version: parseVersion(overrideVersion ?? manifest.semver, manifest.variant),
    index: release,
    services: services.map(({ service, image }) => ({ name: service, ...image })),
  }
}

/** Checked before anything is sent; the recording checks again. */
async function refuseConflict(context: Context, fleet: FleetSlug, release: NewRelease): Promise<void> {
  const found = await context.fleets.findReleases({ fleet, commit: release.commit })
  const same = found.find(({ status, commit }) => status === "success" && commit === release.commit)
  if (same?.status !== "success" || same.index.digest === release.index.digest) return
  throw new FleetError(
    "COMMIT_CONFLICT",
    `${fleet} has commit ${release.commit} with other content: ${same.index.digest} there, ${release.index.digest} in the bundle`,
    { hint: "one commit is one release: find out which of the two is the right one" },
  )
}

async function record(
  context: Context,
  fleet: FleetSlug,
  release: NewRelease,
): Promise<Pick<ImportResult, "release" | "wasThere">> {
  try {
    const recorded = await context.fleets.recordRelease(fleet, release, {
      ...context.change(),
      origin: "import",
    })
    return { release: successful(recorded), wasThere: false }
  } catch (error) {
    if (error instanceof ReleaseExistsError) return { release: successful(error.release), wasThere: true }
    throw error
  }
}

function successful(release: Release): SuccessfulRelease {
  if (release.status === "success") return release
  throw new Error(`release ${release.id} is ${release.status}`)
}

/** Sends the blobs of a pipe as they pass, and the manifests when all have passed and proved right. */
async function copyStream(stream: BundleStream, content: FleetContent, options: CopyOptions): Promise<void> {
  const { graph, releaseBlobs } = stream.plan
  const blobs = [...graph.configs, ...graph.layers]
  options.onTransfer?.({ type: "planned", count: blobs.length, bytes: sumOfSizes(blobs) })
  for (const { descriptor, bytes } of releaseBlobs)
    await copyBlob(descriptor, bodyOf(bytes), content, options)
  for await (const { descriptor, body } of stream.blobs()) {
    options.signal?.throwIfAborted()
    await copyBlob(descriptor, passingBody(body, descriptor.digest), content, options)
  }
  await pushDocuments(graph, content, options)
}
