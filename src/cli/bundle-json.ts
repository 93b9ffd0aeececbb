import type { BundlePlan } from "../bundle/bundle-plan.ts"
import { releaseArtifactOf } from "../bundle/release-index.ts"
import { sumOfSizes } from "../content/copy.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { type ImageManifest, type Manifest, successors } from "../oci/manifest.ts"
import { printPlatform } from "../oci/platform.ts"
import type { ImageConfigs } from "../operations/image-configs.ts"

/** What stands in the place of the images until they are printed. No text of JSON holds a line's end. */
const IMAGES = '\n  "images": {}'

/**
 * A bundle as programs read it, as one document in pieces: of the largest bundle it is 33 MB, and all its parts at once
 * would take ten times as much. Sizes are in bytes. `images` has every manifest and index that services need, by its
 * digest, each once: indexes that name one another twice, forty deep, would fill the disk.
 */
export function* bundleJson(
  { release, manifest, services, graph, isDraft, size, files }: BundlePlan,
  configs: ImageConfigs,
  more: Readonly<Record<string, unknown>> = {},
): Generator<string, void, undefined> {
  const document = {
    release: release.digest,
    version: manifest.semver,
    isDraft,
    commit: manifest.commit,
    createdAt: manifest.createdAt,
    note: manifest.note ?? null,
    tags: manifest.tags,
    services: Object.fromEntries(services.map(({ service, image }) => [service, image])),
    images: {},
    composition: manifest.composition,
    size,
    entries: files.length,
    ...more,
  }
  const [before = "", behind = ""] = print(document).split(IMAGES)
  yield `${before}\n  "images": {`
  let mark = ""
  const own = new Set([graph.root.digest, releaseArtifactOf(graph).digest])
  for (const image of [...graph.indexes, ...graph.manifests]) {
    if (own.has(image.digest)) continue
    const json = print(imageJson(image, graph.document(image.digest).manifest, configs))
    yield `${mark}\n    "${image.digest}": ${json.replaceAll("\n", "\n    ")}`
    mark = ","
  }
  yield `\n  }${behind}\n`
}

function print(value: unknown): string {
  return JSON.stringify(value, undefined, 2)
}

function imageJson({ mediaType, size }: Descriptor, manifest: Manifest, configs: ImageConfigs) {
  const { artifactType, annotations = {} } = manifest
  const common = { mediaType, size, ...(artifactType && { artifactType }), annotations }
  if (manifest.kind === "index") {
    const manifests = manifest.manifests.map(({ digest, platform }) => ({
      digest,
      platform: platform === undefined ? null : printPlatform(platform),
    }))
    return { ...common, manifests }
  }
  return { ...common, ...contentJson(manifest, configs) }
}

function contentJson(manifest: ImageManifest, configs: ImageConfigs) {
  const config = configs.get(manifest.config.digest)
  return {
    /** Of its configuration and its layers together. */
    contentSize: sumOfSizes(successors(manifest)),
    platform: config?.platform === undefined ? null : printPlatform(config.platform),
    labels: config?.labels ?? null,
    config: blobJson(manifest.config),
    layers: manifest.layers.map(blobJson),
  }
}

function blobJson({ mediaType, digest, size }: Descriptor) {
  return { mediaType, digest, size }
}
