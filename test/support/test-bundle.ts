import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { bundleBytes } from "../../src/bundle/bundle-stream-writer.ts"
import type { ReleaseManifest } from "../../src/bundle/release-manifest.ts"
import { collect } from "../../src/content/read-document.ts"
import { MemoryContent } from "./memory-content.ts"
import { putRelease } from "./release.ts"
import { temporaryFolder } from "./temporary-folder.ts"

interface Options {
  isDraft?: boolean
  /** Of a layer of the service `web`, in bytes. */
  layerSize?: number
}

/** The bytes of a bundle of the small release of tests, of which some fields are others. */
export async function testBundle(
  overrides: Partial<ReleaseManifest> = {},
  { isDraft = false, ...options }: Options = {},
): Promise<Buffer> {
  const source = new MemoryContent()
  const { descriptor } = await putRelease(source, overrides, options)
  return Buffer.from(await collect(bundleBytes(source, await planBundle(source, descriptor, { isDraft }))))
}

/** The same as a file, until the test ends. */
export async function testBundleFile(...given: Parameters<typeof testBundle>): Promise<string> {
  const file = join(await temporaryFolder(), "release.tar")
  await writeFile(file, await testBundle(...given))
  return file
}
