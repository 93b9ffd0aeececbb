import { createReadStream } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, onTestFinished } from "vitest"
import { describeError } from "../../src/errors/describe.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { openHome } from "../../src/operations/home.ts"
import { importRelease } from "../../src/operations/import-release.ts"
import { openBundle } from "../../src/operations/open-bundle.ts"
import { verifyBundleFile, verifyBundleStream } from "../../src/operations/verify-bundle.ts"
import { systemClock } from "../../src/system-clock.ts"
import {
  indexSample,
  jsonSample,
  manifestSample,
  type Sample,
  sample,
} from "../support/content/sample-content.ts"
import { type CraftedRelease, craftBundle } from "../support/crafted-bundle.ts"
import { runRegistry } from "../support/running-registry.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

export const config = jsonSample({ os: "linux" }, MediaType.ociConfig)
export const layer = sample("a layer")
export const image = manifestSample(config.descriptor, [layer])

/** One service named `name`, with an image of one layer. */
export const withService = (name: string, release: CraftedRelease["release"] = {}): CraftedRelease => ({
  services: [[name, image]],
  contents: [image, config, layer],
  release,
})
export const withRelease = (release: CraftedRelease["release"]) => withService("web", release)
export const withImage = (top: Sample, ...contents: Sample[]): CraftedRelease => ({
  services: [["web", top]],
  contents: [top, ...contents],
})

/** So many indexes, the outermost first, around an image. */
export function nested(count: number): Sample[] {
  const indexes = [indexSample(image)]
  while (indexes.length < count) indexes.unshift(indexSample(indexes[0] ?? image))
  return indexes
}

export const blob = (name: string) => sample(name)
export const blobs = (count: number) => Array.from({ length: count }, (_, at) => blob(`blob ${at}`))
export const typed = (content: Sample, mediaType: string) => ({
  ...content,
  descriptor: { ...content.descriptor, mediaType },
})

/** Every way to look at a bundle before it is in a fleet, with what each says about it: code, message and hint. */
export async function refusals(bytes: Uint8Array, before?: Uint8Array) {
  const folder = await temporaryFolder()
  const [path, first] = [join(folder, "release.tar"), join(folder, "before.tar")]
  await writeFile(path, bytes)
  const context = await openHome({ path: join(folder, "home"), clock: systemClock, actor: "tester" })
  onTestFinished(() => context.close())
  const { host } = await runRegistry()
  for (const fleet of [{ slug: "site/edge" }, { slug: "site/far", registry: host }] as const) {
    await context.fleets.createFleet(fleet, context.change())
    if (before === undefined) continue
    await writeFile(first, before)
    await importRelease(context, { fleet: fleet.slug, bundle: first })
  }
  const known = await Promise.all(
    (["site/edge", "site/far"] as const).map((slug) => context.fleets.listReleases(slug)),
  )
  const ways = {
    verify: () => verifyBundleFile(path),
    "verify -": () => verifyBundleStream(createReadStream(path)),
    import: () => importRelease(context, { fleet: "site/edge", bundle: path }),
    "import -": () => importRelease(context, { fleet: "site/edge", bundle: createReadStream(path) }),
    "import into a registry": () => importRelease(context, { fleet: "site/far", bundle: path }),
    "import - into a registry": () =>
      importRelease(context, { fleet: "site/far", bundle: createReadStream(path) }),
    "import under another version": () =>
      importRelease(context, { fleet: "site/edge", bundle: path, overrideVersion: "9.9.9" }),
  }
  const said: Record<string, string> = {}
  for (const [way, look] of Object.entries(ways)) {
    said[way] = await look().then(
      () => "nothing",
      (error: unknown) => JSON.stringify(describeError(error)).replaceAll(path, "the bundle"),
    )
  }
  const after = await Promise.all(
    (["site/edge", "site/far"] as const).map((slug) => context.fleets.listReleases(slug)),
  )
  expect(after).toEqual(known)
  return { said, path }
}

const opened = async (path: string) =>
  openBundle(path).then(
    (bundle) => bundle.close(),
    (error: unknown) => describeError(error),
  )

/** A release that all that read a bundle refuse alike, with that code and words of that message. */
export async function expectRefused(code: string, message: string, crafted: CraftedRelease): Promise<void> {
  const { said, path } = await refusals(craftBundle(crafted))
  const { verify = "" } = said
  expect(JSON.parse(verify)).toMatchObject({
    code,
    message: expect.stringContaining(message),
    hint: expect.any(String),
  })
  expect(said).toEqual(Object.fromEntries(Object.keys(said).map((way) => [way, verify])))
  // Inspecting and serving open it so.
  expect(await opened(path)).toEqual(JSON.parse(verify))
}
