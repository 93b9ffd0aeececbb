import { openBundle } from "../../operations/open-bundle.ts"
import { bundleJson, bundleTree } from "../bundle-view.ts"
import { closing } from "../closing.ts"
import { printTree } from "../format.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"

export async function releaseInspect(
  file: string,
  options: CommonOptions,
  signal: AbortSignal,
): Promise<void> {
  await closing(await openBundle(file, { signal }), async ({ plan }) => {
    printResult(options, bundleJson(plan), printTree(bundleTree(file, plan)))
  })
}
