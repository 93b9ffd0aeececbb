import { readFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { parseEnv } from "node:util"
import { planBundle } from "../bundle/bundle-plan.ts"
import { buildRelease, type ServiceImage } from "../bundle/release-index.ts"
import type { ReleaseManifest } from "../bundle/release-manifest.ts"
import { type CopyOptions, copyGraph } from "../content/copy.ts"
import { loadGraph } from "../content/graph.ts"
import { isKeeper, type OperationOptions } from "../content/interfaces.ts"
import { bodyOf } from "../content/read-document.ts"
import { describeError } from "../errors/describe.ts"
import { reasonOf } from "../errors/reason.ts"
import { parseCommit } from "../fleet/commit.ts"
import type { Fleet } from "../fleet/fleet.ts"
import { FleetError } from "../fleet/fleet-error.ts"
import type { ReleaseContent } from "../fleet/release.ts"
import { checkNewRelease } from "../fleet/release-limits.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import type { TargetChange } from "../fleet/target-change.ts"
import { parseVersion, printVersion, type RequestedVersion } from "../fleet/version.ts"
import { plainDescriptor } from "../oci/descriptor.ts"
import { digestHex, digestOf } from "../oci/digest.ts"
import { canonicalJson } from "../oci/json.ts"
import type { Platform } from "../oci/platform.ts"
import { type ComposeFile, parseComposeFile } from "./compose-file.ts"
import type { Context, FleetContent } from "./context.ts"
import type { SuccessfulRelease } from "./find-release.ts"
import { type ImageReference, parseImageReference, printImageReference } from "./image-reference.ts"
import { openImage } from "./image-source.ts"
import { fleetRepository } from "./mount-source.ts"
import { OperationError } from "./operation-error.ts"
import { refuseRelease } from "./refuse-release.ts"
import { checkRequestedRevision } from "./requested-revision.ts"
import { selectPlatform } from "./select-platform.ts"
import { tagOrWarn } from "./tag-release.ts"

export interface CreateRequest {
  fleet: FleetSlug
  /** Path of the compose file. Paths of images in it start at its folder. */
  composeFile: string
  /** Variables for the names of images, before those of the `.env` beside the compose file. Default: none. */
  environment?: Readonly<Record<string, string | undefined>> | undefined
  /** Default 0.0.0. */
  version?: string | undefined
  variant?: string | undefined
  /** Of the source, in hex. Default: made from the content and the time. */
  commit?: string | undefined
  tags?: Readonly<Record<string, string>> | undefined
  note?: string | undefined
  /** A draft gets no revision and is never latest. Default `false`. */
  isDraft?: boolean | undefined
  /** Takes this platform alone out of images for several. Default: the images as they are. */
  platform?: Platform | undefined
}

export interface CreateOptions extends Pick<CopyOptions, "concurrency" | "onTransfer" | "signal"> {
  /** Called before the image of a service is taken in. */
  onService?: ((service: string, image: string) => void) | undefined
}

export interface CreateResult {
  release: SuccessfulRelease
  /** What devices run now because of it. */
  target: TargetChange
  /** What the release cannot carry along, one sentence each. */
  warnings: string[]
}

interface Service {
  service: string
  image: ImageReference
}

/**
 * Creates a release: resolves every image of a compose file to a digest and takes it in. What is wrong with the
 * request changes nothing; a failure from then on is recorded as a failed release with its reason.
 */
export async function createRelease(
  context: Context,
  request: CreateRequest,
  options: CreateOptions = {},
): Promise<CreateResult> {
  const fleet = await context.fleets.getFleet(request.fleet, options)
  const file = await readComposeFile(request)
  const services = file.images.map(({ service, image }) => ({
    service,
    image: parseImageReference(image, dirname(request.composeFile)),
  }))
  const version = parseVersion(request.version, request.variant)
  const content = contentOf(request, file, context.now())
  checkNewRelease({ ...content, version, services: services.map(({ service }) => ({ name: service })) })
  await refuseKnownCommit(context, fleet, content.commit, options)
  await checkRequestedRevision(context.fleets, fleet.slug, { version, isDraft: request.isDraft }, options)
  const place = await context.contentOf(fleet)
  const build = async () => {
    await using _ = isKeeper(place) ? await place.lease(options) : undefined
    const images = await takeIn(context, fleet, place, services, request.platform, options)
    const documents = buildRelease(releaseManifest(content, version, images), images)
    for (const { descriptor, bytes } of [
      documents.config,
      documents.manifest,
      documents.artifact,
      documents.index,
    ]) {
      await place.push(descriptor, bodyOf(bytes), options)
    }
    // What cannot be exported is no release: every image may be within the limits, and all together not.
    await planBundle(place, documents.index.descriptor, options)
    return await context.fleets.recordRelease(
      fleet.slug,
      {
        ...content,
        version,
        index: documents.index.descriptor,
        services: images.map(({ service, image }) => ({ name: service, ...image })),
        isDraft: request.isDraft,
      },
      context.change(options),
    )
  }
  const { release, target } = await build().catch(async (error: unknown) => {
    const status = options.signal?.aborted ? "cancelled" : "failed"
    const failure = { ...content, version, status, failureReason: describeError(error).message } as const
    // Without a signal: that it was cancelled is noted as well. Where this fails too, as on a full disk, the first error says more.
    await context.fleets
      .recordUnsuccessfulRelease(fleet.slug, failure, context.change({}))
      .catch(() => undefined)
    throw error
  })
  if (release.status !== "success") throw new Error(`release ${release.id} is ${release.status}`)
  const untagged = await tagOrWarn(place, release, options)
  return { release, target, warnings: [...file.warnings, ...untagged] }
}

async function readComposeFile({ composeFile, environment }: CreateRequest): Promise<ComposeFile> {
  const text = await readFile(composeFile, "utf8").catch((cause: Error) => {
    throw new OperationError("INVALID_COMPOSE_FILE", `${composeFile} cannot be read: ${reasonOf(cause)}`, {
      hint: "check its path and its permissions",
      cause,
    })
  })
  return parseComposeFile(text, composeFile, { ...(await readEnvFile(composeFile)), ...environment })
}

/** The `.env` beside a compose file gives what the environment does not (compose-spec, Interpolation). */
async function readEnvFile(composeFile: string): Promise<Readonly<Record<string, string | undefined>>> {
  try {
    return parseEnv(await readFile(join(dirname(composeFile), ".env"), "utf8"))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {}
    throw error
  }
}

function contentOf(request: CreateRequest, file: ComposeFile, now: Date): ReleaseContent {
  const content = {
    createdAt: now.toISOString(),
    composition: file.composition,
    contract: null,
    note: request.note ?? null,
    tags: { ...request.tags },
  }
  const commit =
    request.commit ?? digestHex(digestOf(canonicalJson({ ...content, images: file.images }))).slice(0, 40)
  return { ...content, commit: parseCommit(commit) }
}

async function refuseKnownCommit(context: Context, fleet: Fleet, commit: string, options: OperationOptions) {
  const found = await context.fleets.findReleases({ fleet: fleet.slug, commit }, options)
  const same = found.find((release) => release.status === "success" && release.commit === commit)
  if (!same) return
  throw new FleetError(
    "COMMIT_CONFLICT",
    `${fleet.slug} has a release of commit ${commit} already: ${printVersion(same.version, same.revision ?? 0)}`,
    {
      hint: "one commit is one release: give another --commit, or leave it out",
    },
  )
}

async function takeIn(
  context: Context,
  fleet: Fleet,
  target: FleetContent,
  services: readonly Service[],
  platform: Platform | undefined,
  options: CreateOptions,
): Promise<ServiceImage[]> {
  const taken = new Map<string, ServiceImage["image"]>()
  const images: ServiceImage[] = []
  for (const { service, image } of services) {
    const name = printImageReference(image)
    options.onService?.(service, name)
    const descriptor =
      taken.get(name) ?? (await takeInImage(context, fleet, target, image, platform, options))
    taken.set(name, descriptor)
    images.push({ service, image: plainDescriptor(descriptor) })
  }
  return images
}

async function takeInImage(
  context: Context,
  fleet: Fleet,
  target: FleetContent,
  image: ImageReference,
  platform: Platform | undefined,
  options: CreateOptions,
): Promise<ServiceImage["image"]> {
  const open = await openImage(context, image, options)
  try {
    const descriptor = platform
      ? await selectPlatform(open.source, open.descriptor, platform, printImageReference(image), options)
      : open.descriptor
    const graph = await loadGraph(open.source, descriptor, options)
    refuseRelease(graph.document(descriptor.digest).manifest, printImageReference(image))
    await copyGraph(open.source, graph, target, { ...options, mountFrom: mountFromSource(fleet, image) })
    return descriptor
  } finally {
    await open.close()
  }
}

/** An image in the fleet's own registry need not pass through here, nor what another fleet of the same store has. */
function mountFromSource(fleet: Fleet, image: ImageReference): CopyOptions["mountFrom"] {
  if (fleet.registry === null) return async () => null
  if (image.transport !== "docker") return undefined
  const { registry, repository } = image.reference
  if (fleetRepository({ ...fleet, registry: fleet.registry }).registry !== registry) return undefined
  return async () => repository
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
