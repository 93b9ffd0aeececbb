import { planBundle } from "../bundle/bundle-plan.ts"
import { buildRelease, type ReleaseDocuments, type ServiceImage } from "../bundle/release-index.ts"
import type { ReleaseManifest } from "../bundle/release-manifest.ts"
import { bodyOf } from "../content/read-document.ts"
import { describeError } from "../errors/describe.ts"
import { parseCommit } from "../fleet/commit.ts"
import type { Fleet } from "../fleet/fleet.ts"
import { FleetError } from "../fleet/fleet-error.ts"
import type { NewRelease, ReleaseContent } from "../fleet/release.ts"
import { checkNewRelease } from "../fleet/release-limits.ts"
import { parseVersion, printVersion, type RequestedVersion } from "../fleet/version.ts"
import { digestHex, digestOf } from "../oci/digest.ts"
import { canonicalJson } from "../oci/json.ts"
import { commitConflict } from "./commit-conflict.ts"
import type { ComposeFile } from "./compose-file.ts"
import type { Context, FleetContent } from "./context.ts"
import type { CreateOptions, CreateRequest } from "./create-release.ts"
import { type BuiltRelease, recordBuiltRelease } from "./record-built-release.ts"
import { requireNoVersion } from "./release-version.ts"
import { checkRequestedRevision } from "./requested-revision.ts"
import { ServiceImages, type WantedImage } from "./service-images.ts"
import { findSuccess, type SuccessfulRelease, successful } from "./successful-release.ts"

/** In place of the commit that is made from what is not known yet. */
const NO_COMMIT = "0000000"

/** One release in the making. */
export class ReleaseCreation {
  readonly #context: Context
  readonly #fleet: Fleet
  readonly #request: CreateRequest
  readonly #options: CreateOptions
  readonly #content: Omit<ReleaseContent, "commit" | "createdAt">
  readonly #now: string
  readonly #commit: string | undefined

  constructor(
    context: Context,
    fleet: Fleet,
    request: CreateRequest,
    { composition }: ComposeFile,
    options: CreateOptions,
  ) {
    this.#context = context
    this.#fleet = fleet
    this.#request = request
    this.#options = options
    const { note = null, tags } = request
    this.#content = { composition, contract: null, note, tags: { ...tags } }
    this.#now = context.now().toISOString()
    this.#commit = request.commit === undefined ? undefined : parseCommit(request.commit)
  }

  async create(wanted: readonly WantedImage[]): Promise<BuiltRelease> {
    const commit = this.#commit
    // Before anything is asked for: whatever can be known to be wrong without the images.
    checkNewRelease({
      ...this.#content,
      commit: commit ?? NO_COMMIT,
      createdAt: this.#now,
      version: this.#versionOf(undefined),
      services: wanted.map(({ service }) => ({ name: service })),
    })
    if (commit !== undefined && (await this.#find(commit)) === undefined) await this.#checkVersion()
    await using images = await this.#open(wanted)
    return await this.#settle(images)
  }

  async #open(wanted: readonly WantedImage[]): Promise<ServiceImages> {
    try {
      return await ServiceImages.open(this.#context, wanted, this.#request.platform, this.#options)
    } catch (error) {
      await this.#recordFailure(error)
      throw error
    }
  }

  async #settle(images: ServiceImages): Promise<BuiltRelease> {
    const { digests } = images
    const commit = this.#commit ?? this.#madeCommit(digests)
    const known = await this.#find(commit)
    if (known === undefined && this.#commit === undefined) await this.#checkVersion()
    const content = { ...this.#content, commit, createdAt: known?.createdAt ?? this.#now }
    const version = this.#versionOf(known)
    const manifest = releaseManifest(content, version, digests)
    const documents = buildRelease(manifest, digests)
    const index = documents.index.descriptor
    if (known !== undefined && known.index.digest !== index.digest) {
      throw commitConflict(known, { manifest, release: index.digest })
    }
    const isDraft = this.#request.isDraft ?? false
    const release: NewRelease = {
      ...content,
      version,
      index,
      services: digests.map(({ service, image }) => ({ name: service, ...image })),
      isDraft,
    }
    const { signal } = this.#options
    const isVersionUnchosen = known === undefined && this.#request.version === undefined
    try {
      const send = async (target: FleetContent) => {
        await this.#send(target, images, documents)
        return release
      }
      const recording = { signal, isVersionUnchosen }
      return await recordBuiltRelease(this.#context, this.#fleet, release, send, recording)
    } catch (error) {
      // Somebody else was faster: whether with the same is told as it would have been at first.
      const isTaken = known === undefined && error instanceof FleetError && error.code === "COMMIT_CONFLICT"
      if (isTaken) return await this.#settle(images)
      await this.#recordFailure(error)
      throw error
    }
  }

  async #send(target: FleetContent, images: ServiceImages, documents: ReleaseDocuments): Promise<void> {
    await images.takeIn(this.#fleet, target, this.#options)
    for (const { descriptor, bytes } of [
      documents.config,
      documents.manifest,
      documents.artifact,
      documents.index,
    ]) {
      await target.push(descriptor, bodyOf(bytes), this.#options)
    }
    // What cannot be exported is no release: every image may be within the limits, and all together not.
    await planBundle(target, documents.index.descriptor, this.#options)
  }

  /** Where that is wanted. */
  async #recordFailure(error: unknown): Promise<void> {
    if (!this.#request.recordFailure) return
    const failureReason = describeError(error).message
    const status = this.#options.signal?.aborted ? "cancelled" : "failed"
    const commit = this.#commit ?? this.#madeCommit([])
    const version = this.#versionOf(undefined)
    const failure = {
      ...this.#content,
      commit,
      createdAt: this.#now,
      version,
      status,
      failureReason,
    } as const
    // Without a signal: that it was cancelled is noted as well. Where this fails too, as on a full disk, the first error says more.
    await this.#context.fleets
      .recordUnsuccessfulRelease(this.#fleet.slug, failure, this.#context.change({}))
      .catch(() => undefined)
  }

  async #find(commit: string): Promise<SuccessfulRelease | undefined> {
    const { fleets } = this.#context
    const same = await findSuccess(fleets, this.#fleet.slug, commit, this.#options)
    return same && successful(await fleets.getRelease(same.id, this.#options))
  }

  /** What the fleet would refuse in the end, of a release that it does not have. */
  async #checkVersion(): Promise<void> {
    const { fleets } = this.#context
    const { version: wanted, isDraft } = this.#request
    if (wanted === undefined) await requireNoVersion(fleets, this.#fleet.slug, this.#options)
    const version = this.#versionOf(undefined)
    await checkRequestedRevision(fleets, this.#fleet.slug, { version, isDraft }, this.#options)
  }

  #versionOf(known: SuccessfulRelease | undefined): RequestedVersion {
    const { version, variant } = this.#request
    if (version !== undefined || known === undefined) return parseVersion(version, variant)
    return variant === undefined ? known.version : { ...known.version, variant }
  }

  /** All that `release.json` holds but the commit itself and the time: the same content has the same, whenever it is made. */
  #madeCommit(images: readonly ServiceImage[]): string {
    const content = { ...this.#content, commit: NO_COMMIT, createdAt: this.#now }
    const {
      commit: _,
      createdAt: __,
      ...manifest
    } = releaseManifest(content, this.#versionOf(undefined), images)
    return digestHex(digestOf(canonicalJson(manifest))).slice(0, 40)
  }
}

function releaseManifest(
  content: ReleaseContent,
  version: RequestedVersion,
  images: readonly ServiceImage[],
): ReleaseManifest {
  const { commit, createdAt, note, tags } = content
  return {
    commit,
    createdAt,
    semver: printVersion({ ...version, variant: "" }),
    composition: content.composition as ReleaseManifest["composition"],
    tags,
    ...(note === null ? {} : { note }),
    ...(version.variant === "" ? {} : { variant: version.variant }),
    services: Object.fromEntries(images.map(({ service, image }) => [service, { image: image.digest }])),
  }
}
