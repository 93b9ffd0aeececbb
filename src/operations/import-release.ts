import type { BundlePlan } from "../bundle/bundle-plan.ts"
import type { BundleStream } from "../bundle/bundle-stream.ts"
import { ExpectedIntegrity } from "../bundle/integrity.ts"
import { PassingHash } from "../bundle/passing-hash.ts"
import { type CopyOptions, copyBlob, copyGraph, pushDocuments, sumOfSizes } from "../content/copy.ts"
import { isKeeper, type OperationOptions } from "../content/interfaces.ts"
import { bodyOf, readDocument } from "../content/read-document.ts"
import { FleetError } from "../fleet/fleet-error.ts"
import { type NewRelease, type Release, ReleaseExistsError } from "../fleet/release.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import type { TargetChange } from "../fleet/target-change.ts"
import { bundledRelease, renamedRelease } from "./bundled-release.ts"
import type { Context, FleetContent } from "./context.ts"
import type { SuccessfulRelease } from "./find-release.ts"
import { mountSource } from "./mount-source.ts"
import { openBundle, openBundleStream } from "./open-bundle.ts"
import { passingBody } from "./passing-body.ts"
import { presentTarget } from "./present-target.ts"
import { checkRequestedRevision } from "./requested-revision.ts"
import { tagOrWarn } from "./tag-release.ts"

export interface ImportRequest {
  fleet: FleetSlug
  /** A file, or the bytes of a bundle as they come from a pipe. */
  bundle: string | AsyncIterable<Uint8Array>
  /** Names the release in this fleet; its content, which says its own version, stays as it is. */
  overrideVersion?: string | undefined
}

export interface ImportOptions extends Pick<CopyOptions, "concurrency" | "onTransfer" | "signal"> {
  /**
   * Reads all of a bundle file, also what the fleet has and so is not sent: an import then proves every byte, as
   * verifying does. A pipe is read whole in any case. Default `true`.
   */
  verify?: boolean | undefined
  /**
   * What the bundle must be: SRI strings as `sha512-…`, each of which has to fit. Of a file that is checked before
   * anything is sent, of a pipe when it has passed, before anything is recorded. Default: none.
   */
  integrity?: string | readonly string[] | undefined
}

export interface ImportResult {
  release: SuccessfulRelease
  plan: BundlePlan
  /** Whether the fleet had the release before: then its content and tags were checked, and mended where missing. */
  wasThere: boolean
  /** What devices run now because of it: where the release was there, what they ran before. */
  target: TargetChange
  /** What did not work though the release is recorded, one sentence each. */
  warnings: string[]
}

/**
 * Imports a bundle into a fleet: checks it, sends what the fleet's registry or content store lacks, then records the
 * release in one transaction. A failure or a kill at any moment leaves the fleet as it was; doing it again finishes
 * the work, as it does where only the tags could not be set, which is a warning. Throws
 * `INTEGRITY_MISMATCH` or `INVALID_INTEGRITY`, `COMMIT_CONFLICT` when the fleet has that commit with other content, and what the parts throw.
 */
export async function importRelease(
  context: Context,
  request: ImportRequest,
  options: ImportOptions = {},
): Promise<ImportResult> {
  const expected = new ExpectedIntegrity(options.integrity)
  const fleet = await context.fleets.getFleet(request.fleet, options)
  const content = await context.contentOf(fleet)
  const send = async (plan: BundlePlan, transfer: (options: CopyOptions) => Promise<void>) => {
    const bundled = bundledRelease(plan)
    const { overrideVersion } = request
    const release = overrideVersion === undefined ? bundled : renamedRelease(bundled, overrideVersion)
    const isThere = await hasRelease(context, fleet.slug, release, options)
    if (!isThere) await checkRequestedRevision(context.fleets, fleet.slug, release.version, options)
    await using _ = isKeeper(content) ? await content.lease(options) : undefined
    await transfer({ ...options, mountFrom: await mountSource(context, fleet, release, options) })
    // What answers yes to everything is no registry: nothing is recorded that has not been seen there.
    await readDocument(content, release.index, options)
    const recorded = await record(context, fleet.slug, release, options)
    const warnings = await tagOrWarn(content, recorded.release, options)
    return { ...recorded, plan, warnings }
  }
  if (typeof request.bundle !== "string") {
    await using hash = new PassingHash(expected.algorithms)
    const stream = await openBundleStream(hash.through(request.bundle), options)
    const check = async () => expected.check(await hash.digests(), "the bundle")
    return await send(stream.plan, (copyOptions) => copyStream(stream, content, check, copyOptions))
  }
  const bundle = await openBundle(request.bundle, options)
  const checkUnsent: CopyOptions["checkUnsent"] =
    (options.verify ?? true) ? (blob, checkOptions) => bundle.checkBlob(blob, checkOptions) : undefined
  try {
    const { signal } = options
    expected.check(await bundle.fileDigests(expected.algorithms, { signal }), request.bundle)
    return await send(bundle.plan, (copyOptions) =>
      copyGraph(bundle, bundle.plan.graph, content, { ...copyOptions, checkUnsent }),
    )
  } finally {
    await bundle.close()
  }
}

/** Whether the fleet has the release already. Checked before anything is sent; the recording checks again. */
async function hasRelease(
  context: Context,
  fleet: FleetSlug,
  release: NewRelease,
  { signal }: OperationOptions,
): Promise<boolean> {
  const found = await context.fleets.findReleases({ fleet, commit: release.commit }, { signal })
  const same = found.find(({ status, commit }) => status === "success" && commit === release.commit)
  if (same?.status !== "success") return false
  if (same.index.digest === release.index.digest) return true
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
  { signal }: OperationOptions,
): Promise<Pick<ImportResult, "release" | "wasThere" | "target">> {
  try {
    const change = { ...context.change({ signal }), origin: "import" } as const
    const { release: recorded, target } = await context.fleets.recordRelease(fleet, release, change)
    return { release: successful(recorded), target, wasThere: false }
  } catch (error) {
    if (!(error instanceof ReleaseExistsError)) throw error
    const target = await presentTarget(context.fleets, fleet, { signal })
    return { release: successful(error.release), target, wasThere: true }
  }
}

function successful(release: Release): SuccessfulRelease {
  if (release.status === "success") return release
  throw new Error(`release ${release.id} is ${release.status}`)
}

/** Sends the blobs of a pipe as they pass, and the manifests when all have passed and proved right, also to `check`. */
async function copyStream(
  stream: BundleStream,
  content: FleetContent,
  check: () => Promise<void>,
  options: CopyOptions,
): Promise<void> {
  const { graph, releaseBlobs } = stream.plan
  const blobs = [...graph.configs, ...graph.layers]
  options.onTransfer?.({ type: "planned", count: blobs.length, bytes: sumOfSizes(blobs) })
  for (const { descriptor, bytes } of releaseBlobs)
    await copyBlob(descriptor, bodyOf(bytes), content, options)
  for await (const { descriptor, body } of stream.blobs()) {
    options.signal?.throwIfAborted()
    await copyBlob(descriptor, passingBody(body, descriptor.digest), content, options)
  }
  await check()
  await pushDocuments(graph, content, options)
}
