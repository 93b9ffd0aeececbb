import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"
import { hostileBundles } from "../../fixtures/hostile-bundles/make.ts"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { bundleBytes } from "../../src/bundle/bundle-stream-writer.ts"
import { collect } from "../../src/content/read-document.ts"
import type { TransferEvent } from "../../src/content/transfer-event.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { RELEASE_TYPE } from "../../src/oci/release-type.ts"
import { openHome } from "../../src/operations/home.ts"
import { importRelease } from "../../src/operations/import-release.ts"
import { verifyBundleFile } from "../../src/operations/verify-bundle.ts"
import { systemClock } from "../../src/system-clock.ts"
import { indexSample, jsonSample, manifestSample, type Sample } from "../support/content/sample-content.ts"
import { type CraftedRelease, craftBundle, Nested } from "../support/crafted-bundle.ts"
import { MemoryContent } from "../support/memory-content.ts"
import { putRelease } from "../support/release.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"
import {
  blobs,
  config,
  expectRefused,
  image,
  layer,
  nested,
  refusals,
  typed,
  usePlaces,
  withImage,
  withRelease,
  withService,
} from "./refusals.ts"

usePlaces()

const common = { schemaVersion: 2, artifactType: RELEASE_TYPE }
const releaseIndex = jsonSample(
  { ...common, mediaType: MediaType.ociIndex, manifests: [image.descriptor] },
  MediaType.ociIndex,
)
const releaseArtifact = jsonSample(
  { ...common, mediaType: MediaType.ociManifest, config: config.descriptor, layers: [layer.descriptor] },
  MediaType.ociManifest,
)
const innerManifest = typed(image, MediaType.ociManifest)
const innerIndex = typed(indexSample(), MediaType.ociIndex)

describe("a release that no fleet takes is refused alike by all that read a bundle:", () => {
  test.each<[what: string, code: string, message: string, crafted: CraftedRelease]>([
    [
      "a composition of 101 levels",
      "INVALID_RELEASE",
      "the composition is nested too deeply",
      withRelease({ composition: new Nested(101) }),
    ],
    [
      "a composition of 300 levels",
      "INVALID_DOCUMENT",
      "the release manifest is not valid: it is nested too deeply",
      withRelease({ composition: new Nested(300) }),
    ],
    [
      "a composition of 100,000 levels",
      "INVALID_DOCUMENT",
      "the release manifest is not valid: it is nested too deeply",
      withRelease({ composition: new Nested(100_000) }),
    ],
    [
      "a contract of 101 levels",
      "INVALID_RELEASE",
      "the contract is nested too deeply",
      withRelease({ contract: new Nested(101) }),
    ],
    [
      "a tag without a key",
      "INVALID_RELEASE",
      '"" cannot be the key of a tag',
      withRelease({ tags: { "": "x" } }),
    ],
    [
      "a tag key with a space",
      "INVALID_RELEASE",
      '"a b" cannot be the key of a tag',
      withRelease({ tags: { "a b": "x" } }),
    ],
    [
      "a reserved tag",
      "INVALID_RELEASE",
      'the tag "io.balena.x" begins with io.balena., which is reserved',
      withRelease({ tags: { "io.balena.x": "x" } }),
    ],
    ["a service named .", "INVALID_RELEASE", '"." cannot be the name of a service', withService(".")],
    ["a service named -x", "INVALID_RELEASE", '"-x" cannot be the name of a service', withService("-x")],
    [
      "a service and a version that make no tag",
      "INVALID_VERSION",
      "cannot be a tag",
      withService("s".repeat(63), { semver: `1.2.3-${"x".repeat(70)}` }),
    ],
    [
      "a release as the image of a service",
      "INVALID_RELEASE",
      `${releaseIndex.descriptor.digest}, the image of service web, is a release and no image`,
      withImage(releaseIndex, image, config, layer),
    ],
    [
      "a release artifact as the image of a service",
      "INVALID_RELEASE",
      `${releaseArtifact.descriptor.digest}, the image of service web, is a release and no image`,
      withImage(releaseArtifact, config, layer),
    ],
    [
      "a time of creation with 2000 digits",
      "INVALID_RELEASE",
      "the time of creation has 2021 characters",
      withRelease({ createdAt: `2026-01-01T00:00:00.${"1".repeat(2000)}Z` }),
    ],
    ["a NUL in the note", "INVALID_RELEASE", "the note is not plain text", withRelease({ note: "a\0b" })],
    [
      "a variant that is too long",
      "INVALID_VERSION",
      "it is longer than 100 characters",
      withRelease({ variant: "v".repeat(100) }),
    ],
    [
      "a variant that reads like a revision",
      "INVALID_VERSION",
      'the variant "rev1" reads like a revision',
      withRelease({ variant: "rev1" }),
    ],
    [
      "a version that is too long",
      "INVALID_VERSION",
      "it is longer than 100 characters",
      withRelease({ semver: `1.2.3-${"x".repeat(100)}` }),
    ],
    [
      "a version with a revision",
      "INVALID_DOCUMENT",
      "semver: a version with a revision",
      withRelease({ semver: "1.2.3+rev1" }),
    ],
    [
      "a service named __proto__ that has no image",
      "INVALID_DOCUMENT",
      "services.__proto__: not a service name",
      withRelease({ services: JSON.parse(`{"__proto__":{},"web":{"image":"${image.descriptor.digest}"}}`) }),
    ],
    [
      "a service named __proto__ that has an image",
      "INVALID_DOCUMENT",
      "services.__proto__: not a service name",
      withService("__proto__"),
    ],
    [
      "a configuration with a manifest's media type",
      "INVALID_DOCUMENT",
      "named as a configuration or a layer, with the media type of a manifest",
      withImage(manifestSample(innerManifest.descriptor, [layer]), innerManifest, layer),
    ],
    [
      "a layer with an index's media type",
      "INVALID_DOCUMENT",
      "named as a configuration or a layer, with the media type of a manifest",
      withImage(manifestSample(config.descriptor, [innerIndex]), config, innerIndex),
    ],
    [
      "1001 services",
      "LIMIT_EXCEEDED",
      "the release has 1001 services, and at most 1000 are allowed",
      {
        services: Array.from({ length: 1001 }, (_, at) => [`s${10_000 + at}`, image] as const),
        contents: [image, config, layer],
      },
    ],
    [
      "17 indexes in each other",
      "LIMIT_EXCEEDED",
      "needs more than 16 indexes in each other",
      withImage(...(nested(16) as [Sample]), image, config, layer),
    ],
    [
      "4097 manifests",
      "LIMIT_EXCEEDED",
      "needs more than 4096 manifests",
      withImage(indexSample(...blobs(4095).map((each) => typed(each, MediaType.ociManifest)))),
    ],
  ])("%s", (_, code, message, crafted) => expectRefused(code, message, crafted))
})

test("a key named __proto__ among tags and in the composition comes through a bundle", async () => {
  const folder = await temporaryFolder()
  const path = join(folder, "release.tar")
  const text = '{"__proto__":"kept"}'
  await writeFile(path, craftBundle(withRelease({ tags: JSON.parse(text), composition: JSON.parse(text) })))
  expect(JSON.stringify((await verifyBundleFile(path)).manifest.tags)).toBe(text)
  const context = await openHome({ path: join(folder, "home"), clock: systemClock, actor: "tester" })
  onTestFinished(() => context.close())
  await context.fleets.createFleet({ slug: "site/edge" }, context.change())
  const { release } = await importRelease(context, { fleet: "site/edge", bundle: path })
  expect(JSON.stringify(release.tags)).toBe(text)
  expect(JSON.stringify(release.composition)).toBe(text)
})

const source = new MemoryContent()
const good = await collect(
  bundleBytes(source, await planBundle(source, (await putRelease(source)).descriptor)),
)

describe("what is wrong with a bundle is said alike by verify and by import, of a file and of a pipe each:", () => {
  test.each(hostileBundles(good))("$what", async ({ bytes, codes }) => {
    const { said } = await refusals(bytes)
    expect(codes).toContain(JSON.parse(said.verify ?? "").code)
    for (const [way, what] of Object.entries(said))
      expect(what, way).toBe(/ -/.test(way) ? said["verify -"] : said.verify)
  })
})

describe("a damaged layer", () => {
  const damaged = Buffer.from(good)
  const at = damaged.lastIndexOf(Buffer.from("ustar")) + 512
  damaged[at] = (damaged[at] ?? 0) ^ 1

  test.each([
    ["that the fleets lack", undefined],
    ["that the fleets have already", good],
  ])("%s is damaged for verify and for import, of a file and of a pipe", async (_, before) => {
    const { said } = await refusals(damaged, before)
    const { verify = "" } = said
    expect(JSON.parse(verify)).toMatchObject({
      code: "BUNDLE_DAMAGED",
      message: expect.stringMatching(/^blobs\/sha\d+\/[0-9a-f]+ at offset \d+: expected (.*), found (?!\1)/),
    })
    expect(said).toEqual(Object.fromEntries(Object.keys(said).map((way) => [way, verify])))
  })

  test("that the fleet has already is seen to be read by an import that verifies", async () => {
    const folder = await temporaryFolder()
    const context = await openHome({ path: join(folder, "home"), clock: systemClock, actor: "tester" })
    onTestFinished(() => context.close())
    await context.fleets.createFleet({ slug: "site/edge" }, context.change())
    const bundle = join(folder, "release.tar")
    await writeFile(bundle, good)
    await importRelease(context, { fleet: "site/edge", bundle })
    const events: TransferEvent[] = []
    const onTransfer = (event: TransferEvent) => void events.push(event)
    await importRelease(context, { fleet: "site/edge", bundle }, { onTransfer })
    const ofLayer = events.filter((event) => "descriptor" in event && event.descriptor.size === 5000)
    expect(ofLayer).toMatchObject([
      { type: "advanced", position: 5000 },
      { type: "finished", outcome: "present" },
    ])
  })

  test("that the fleet has already is not read by an import that is told not to verify", async () => {
    const folder = await temporaryFolder()
    const context = await openHome({ path: join(folder, "home"), clock: systemClock, actor: "tester" })
    onTestFinished(() => context.close())
    await context.fleets.createFleet({ slug: "site/edge" }, context.change())
    const bundle = join(folder, "release.tar")
    await writeFile(bundle, good)
    const events: TransferEvent[] = []
    const onTransfer = (event: TransferEvent) => void events.push(event)
    await importRelease(context, { fleet: "site/edge", bundle })
    await writeFile(bundle, damaged)
    const { wasThere } = await importRelease(
      context,
      { fleet: "site/edge", bundle },
      { verify: false, onTransfer },
    )
    expect(wasThere).toBe(true)
    expect(events.map((event) => event.type)).not.toContain("started")
  })
})
