import { type Entry, putTogether } from "../../fixtures/hostile-bundles/archive.ts"
import { plainDescriptor } from "../../src/oci/descriptor.ts"
import { blobPath, INDEX_FILE, LAYOUT_BYTES, LAYOUT_FILE, REF_NAME } from "../../src/oci/image-layout.ts"
import { canonicalJson } from "../../src/oci/json.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { RELEASE_TYPE } from "../../src/oci/release-type.ts"
import { jsonSample, type Sample, sample } from "./content/sample-content.ts"

export interface CraftedRelease {
  /** Services with their images; in the order that is given. */
  services?: readonly (readonly [name: string, image: Sample])[]
  /** What follows `release.json`, in its order. */
  contents?: readonly Sample[]
  /** Fields of `release.json` that are other than in a plain release. */
  release?: Record<string, unknown>
}

const empty = sample("{}", MediaType.ociEmpty)

/** A bundle put together by hand, as nobody who checks anything would write it. */
export function craftBundle({ services = [], contents = [], release = {} }: CraftedRelease): Uint8Array {
  const manifest = {
    commit: "c0ffee0",
    semver: "1.2.3",
    createdAt: "2026-01-02T03:04:05Z",
    composition: {},
    tags: {},
    services: Object.fromEntries(
      services.map(([name, { descriptor }]) => [name, { image: descriptor.digest }]),
    ),
    ...release,
  }
  const releaseJson = sample(print(manifest), RELEASE_TYPE)
  const artifact = jsonSample(
    {
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      artifactType: RELEASE_TYPE,
      config: empty.descriptor,
      layers: [releaseJson.descriptor],
    },
    MediaType.ociManifest,
  )
  const index = jsonSample(
    {
      schemaVersion: 2,
      mediaType: MediaType.ociIndex,
      artifactType: RELEASE_TYPE,
      manifests: [
        { ...artifact.descriptor, artifactType: RELEASE_TYPE },
        ...services.map(([name, { descriptor }]) => ({
          ...plainDescriptor(descriptor),
          annotations: { "io.waybill.service": name },
        })),
      ],
      annotations: {
        "org.opencontainers.image.version": manifest.semver,
        "org.opencontainers.image.revision": manifest.commit,
        "org.opencontainers.image.created": manifest.createdAt,
      },
    },
    MediaType.ociIndex,
  )
  const named = (descriptor: object, name: string) => ({ ...descriptor, annotations: { [REF_NAME]: name } })
  const layoutIndex = canonicalJson({
    schemaVersion: 2,
    mediaType: MediaType.ociIndex,
    manifests: [
      named({ ...index.descriptor, artifactType: RELEASE_TYPE }, manifest.semver),
      ...services.map(([name, { descriptor }]) => named(plainDescriptor(descriptor), name)),
    ],
  })
  const entries: Entry[] = [
    { name: LAYOUT_FILE, data: LAYOUT_BYTES },
    { name: INDEX_FILE, data: layoutIndex },
    ...[index, artifact, empty, releaseJson, ...contents].map(({ descriptor, bytes }) => ({
      name: blobPath(descriptor.digest),
      data: bytes,
    })),
  ]
  return putTogether(entries)
}

/** Canonical JSON, also of what is nested so deeply that its writer's stack would overflow. */
function print(value: Record<string, unknown>): Uint8Array {
  const depths: number[] = []
  const text = new TextDecoder().decode(
    canonicalJson(
      Object.fromEntries(
        Object.entries(value).map(([key, field]) => {
          if (!(field instanceof Nested)) return [key, field]
          depths.push(field.levels)
          return [key, { "": `nested ${depths.length - 1}` }]
        }),
      ),
    ),
  )
  const printed = text.replace(/\{"":"nested (\d+)"\}/g, (_, at) => {
    const levels = depths[Number(at)] ?? 0
    return `${'{"a":'.repeat(levels - 1)}{}${"}".repeat(levels - 1)}`
  })
  return new TextEncoder().encode(printed)
}

/** An object of so many levels, as a field of `release.json`. */
export class Nested {
  readonly levels: number

  constructor(levels: number) {
    this.levels = levels
  }
}
