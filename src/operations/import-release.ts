import type { CopyOptions } from "../content/copy.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import type { Fleet } from "../fleet/fleet.ts"
import { FleetError } from "../fleet/fleet-error.ts"
import type { NewRelease } from "../fleet/release.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { BundleFileSource } from "./bundle-file-source.ts"
import { neededRelay, type RelayOptions } from "./bundle-relay.ts"
import { BundleStreamSource } from "./bundle-stream-source.ts"
import { renamedRelease } from "./bundled-release.ts"
import type { Context } from "./context.ts"
import { mountSource } from "./mount-source.ts"
import { type BuiltRelease, recordBuiltRelease } from "./record-built-release.ts"
import type { ReleaseSource } from "./release-source.ts"
import { checkRequestedRevision } from "./requested-revision.ts"
import { findSuccess } from "./successful-release.ts"

export interface ImportRequest {
  fleet: FleetSlug
  /** A file, the bytes of a bundle as they come from a pipe, or what a caller has opened, and closes itself. */
  bundle: string | AsyncIterable<Uint8Array> | ReleaseSource
  /** Names the release in this fleet; its content, which says its own version, stays as it is. */
  overrideVersion?: string | undefined
  /** Whether the fleet records a draft, which is never latest until it is finalized. Default: what the bundle says. */
  isDraft?: boolean | undefined
}

export interface ImportOptions
  extends Pick<CopyOptions, "concurrency" | "onTransfer" | "signal">,
    Pick<RelayOptions, "onRelay"> {
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
  /** Where blobs may be taken over from, see `CopyOptions`. Default: the fleets of the same organization in the same registry, and all of a home's own store. */
  mountFrom?: CopyOptions["mountFrom"]
}

/** What an import did. Where the release was there, its content and tags were checked, and mended where missing. */
export interface ImportResult extends BuiltRelease {
  /** The release as it was imported: what the fleet had before it keeps, also where that is named otherwise or a draft. */
  imported: NewRelease
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
  const fleet = await context.fleets.getFleet(request.fleet, options)
  const { bundle } = request
  if (isSource(bundle)) return importSource(context, fleet, bundle, request, options)
  const relay = await neededRelay(context, fleet, options)
  if (relay !== undefined) return relay.importBundle({ ...request, bundle }, options)
  await using source = await openSource(bundle, options)
  return await importSource(context, fleet, source, request, options)
}

async function importSource(
  context: Context,
  fleet: Fleet,
  source: ReleaseSource,
  request: ImportRequest,
  options: ImportOptions,
): Promise<ImportResult> {
  const imported = importedRelease(source.release, request)
  const isThere = await hasRelease(context, fleet.slug, imported, options)
  if (!isThere) await checkRequestedRevision(context.fleets, fleet.slug, imported, options)
  const { concurrency, onTransfer, signal } = options
  const recorded = await recordBuiltRelease(
    context,
    fleet,
    imported,
    async (content) => {
      const mountFrom = options.mountFrom ?? (await mountSource(context, fleet, imported, options))
      await source.copyTo(content, { concurrency, onTransfer, signal, mountFrom })
      return imported
    },
    { signal, origin: "import" },
  )
  return { ...recorded, imported }
}

/** A release as an import would have it recorded. Throws what `renamedRelease` throws. */
export function importedRelease(
  release: NewRelease,
  { overrideVersion, isDraft = release.isDraft }: Pick<ImportRequest, "overrideVersion" | "isDraft">,
): NewRelease {
  const named = overrideVersion === undefined ? release : renamedRelease(release, overrideVersion)
  return { ...named, isDraft }
}

function isSource(bundle: ImportRequest["bundle"]): bundle is ReleaseSource {
  return typeof bundle === "object" && "copyTo" in bundle
}

function openSource(
  bundle: string | AsyncIterable<Uint8Array>,
  options: ImportOptions,
): Promise<ReleaseSource> {
  return typeof bundle === "string"
    ? BundleFileSource.open(bundle, options)
    : BundleStreamSource.open(bundle, options)
}

/**
 * Whether the fleet has the release already. Checked before anything is sent; the recording checks again. Throws `COMMIT_CONFLICT`.
 */
export async function hasRelease(
  context: Pick<Context, "fleets">,
  fleet: FleetSlug,
  release: Pick<NewRelease, "commit" | "index">,
  options: OperationOptions,
): Promise<boolean> {
  const same = await findSuccess(context.fleets, fleet, release.commit, options)
  if (same === undefined) return false
  if (same.index.digest === release.index.digest) return true
  throw new FleetError(
    "COMMIT_CONFLICT",
    `${fleet} has commit ${release.commit} with other content: ${same.index.digest} there, ${release.index.digest} in the bundle`,
    { hint: "one commit is one release: find out which of the two is the right one" },
  )
}
