import { finished } from "node:stream/promises"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { writeBundleFile } from "../../src/bundle/bundle-writer.ts"
import { describeError } from "../../src/errors/describe.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { MemoryContent } from "./memory-content.ts"
import { putRelease } from "./release.ts"

/**
 * A process of its own, since limits and locks are those of processes: writes a bundle to the path that it is given. With
 * `stalled` it says so in the middle of the work, and goes on when its standard input ends.
 */
class StalledContent extends MemoryContent {
  override async *fetch(...args: Parameters<MemoryContent["fetch"]>): AsyncGenerator<Uint8Array> {
    const isLayer = args[0].mediaType === MediaType.ociLayer
    if (process.argv[3] === "stalled" && isLayer) {
      process.stdout.write("stalled\n")
      await finished(process.stdin.resume())
    }
    yield* super.fetch(...args)
  }
}

const source = new StalledContent()
const release = await putRelease(source)
try {
  await writeBundleFile(source, await planBundle(source, release.descriptor), process.argv[2] ?? "")
} catch (error) {
  process.stdout.write(JSON.stringify(describeError(error)))
}
