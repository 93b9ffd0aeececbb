import { openBundle } from "../../operations/open-bundle.ts"
import { bundleJson, bundleTree } from "../bundle-view.ts"
import { printTree } from "../format.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"

export async function releaseInspect(
  file: string,
  options: CommonOptions,
  signal: AbortSignal,
): Promise<void> {
  const bundle = await openBundle(file, { signal })
  try {
    printResult(options, bundleJson(bundle.plan), printTree(bundleTree(file, bundle.plan)))
  } finally {
    await bundle.close()
  }
}
