import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { writeBundleFile } from "../../src/bundle/bundle-writer.ts"
import { describeError } from "../../src/errors/describe.ts"
import { MemoryContent } from "./memory-content.ts"
import { putRelease } from "./release.ts"

/** A process of its own, since limits are those of processes: writes a bundle to the path that it is given. */
const source = new MemoryContent()
const release = await putRelease(source)
try {
  await writeBundleFile(source, await planBundle(source, release.descriptor), process.argv[2] ?? "")
} catch (error) {
  process.stdout.write(JSON.stringify(describeError(error)))
}
