import { randomBytes } from "node:crypto"
import { createReadStream } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { beforeAll, expect } from "vitest"
import { connect, type RemoteContext } from "../../src/client/connect.ts"
import { describeError } from "../../src/errors/describe.ts"
import { parseFleetSlug } from "../../src/fleet/slug.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { type Home, openHome } from "../../src/operations/home.ts"
import { importRelease } from "../../src/operations/import-release.ts"
import { openBundle } from "../../src/operations/open-bundle.ts"
import { verifyBundleFile, verifyBundleStream } from "../../src/operations/verify-bundle.ts"
import { startServer } from "../../src/server/server.ts"
import { systemClock } from "../../src/system-clock.ts"
import {
  indexSample,
  jsonSample,
  manifestSample,
  type Sample,
  sample,
} from "../support/content/sample-content.ts"
import { type CraftedRelease, craftBundle } from "../support/crafted-bundle.ts"
import { startRegistry, type TestRegistry } from "../support/registry/test-registry.ts"
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

interface Places {
  home: Home
  registry: TestRegistry
  server: RemoteContext
}

let places: Places | undefined
let count = 0

/** Opens a home, a registry and a server for all tests of a file, each of which has fleets of its own there. */
export function usePlaces(): void {
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "waybill-test-refused-"))
    const open = (name: string) => openHome({ path: join(folder, name), clock: systemClock, actor: "tester" })
    const home = await open("server")
    const own = await open("home")
    const registry = await startRegistry()
    let token = ""
    const server = await startServer({
      home,
      random: randomBytes,
      version: "0.0.0",
      listen: { host: "127.0.0.1", port: 0 },
      log: () => undefined,
      onFirstToken: (secret) => {
        token = secret
      },
    })
    const context = await connect({ url: server.url, token, clock: systemClock })
    places = { home: own, registry, server: context }
    return async () => {
      places = undefined
      await context.close()
      await server.stop()
      await home.close()
      await own.close()
      await registry.close()
      await rm(folder, { recursive: true })
    }
  })
}

/** Every way to look at a bundle before it is in a fleet, with what each says about it: code, message and hint. */
export async function refusals(bytes: Uint8Array, before?: Uint8Array) {
  const folder = await temporaryFolder()
  const [path, first] = [join(folder, "release.tar"), join(folder, "before.tar")]
  await writeFile(path, bytes)
  if (places === undefined) throw new Error("the file of this test does not begin with usePlaces()")
  const { home: context, registry, server } = places
  const number = ++count
  const near = parseFleetSlug(`site/near-${number}`)
  const far = parseFleetSlug(`site/far-${number}`)
  const slug = parseFleetSlug(`site/served-${number}`)
  await context.fleets.createFleet({ slug: near }, context.change())
  await context.fleets.createFleet({ slug: far, registry: registry.host }, context.change())
  await server.fleets.createFleet({ slug }, server.change())
  if (before !== undefined) {
    await writeFile(first, before)
    for (const fleet of [near, far]) await importRelease(context, { fleet, bundle: first })
    await importRelease(server, { fleet: slug, bundle: first })
  }
  const listed = () =>
    Promise.all([
      context.fleets.listReleases(near),
      context.fleets.listReleases(far),
      server.fleets.listReleases(slug),
    ])
  const known = await listed()
  const ways = {
    verify: () => verifyBundleFile(path),
    "verify -": () => verifyBundleStream(createReadStream(path)),
    import: () => importRelease(context, { fleet: near, bundle: path }),
    "import -": () => importRelease(context, { fleet: near, bundle: createReadStream(path) }),
    "import into a registry": () => importRelease(context, { fleet: far, bundle: path }),
    "import - into a registry": () => importRelease(context, { fleet: far, bundle: createReadStream(path) }),
    "import into a server": () => importRelease(server, { fleet: slug, bundle: path }),
    "import - into a server": () => importRelease(server, { fleet: slug, bundle: createReadStream(path) }),
    "import under another version": () =>
      importRelease(context, { fleet: near, bundle: path, overrideVersion: "9.9.9" }),
  }
  const said: Record<string, string> = {}
  for (const [way, look] of Object.entries(ways)) {
    said[way] = await look().then(
      () => "nothing",
      (error: unknown) => JSON.stringify(describeError(error)).replaceAll(path, "the bundle"),
    )
  }
  expect(await listed()).toEqual(known)
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
