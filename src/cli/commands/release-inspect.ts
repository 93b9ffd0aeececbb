import type { BundlePlan } from "../../bundle/bundle-plan.ts"
import { ImageConfigs } from "../../operations/image-configs.ts"
import { openBundle, openBundleStream } from "../../operations/open-bundle.ts"
import { bundleJson } from "../bundle-json.ts"
import { bundleTree } from "../bundle-view.ts"
import { closing } from "../closing.ts"
import { printTree } from "../format.ts"
import type { CommonOptions } from "../options.ts"
import { printPieces } from "../output.ts"
import { withInput } from "../standard-input.ts"

export async function releaseInspect(
  file: string,
  options: CommonOptions,
  signal: AbortSignal,
): Promise<void> {
  await withInput(file, async (input) => {
    if (typeof input === "string") {
      return closing(await openBundle(input, { signal }), (bundle) =>
        show(file, bundle.plan, options, (configs) => configs.readFrom(bundle, { signal })),
      )
    }
    const stream = await openBundleStream(input, { signal })
    return show("the bundle", stream.plan, options, (configs) => configs.takeFrom(stream, { signal }))
  })
}

async function show(
  name: string,
  plan: BundlePlan,
  { json }: CommonOptions,
  read: (configs: ImageConfigs) => Promise<ImageConfigs>,
): Promise<void> {
  // The text needs none of the configurations.
  if (json) await printPieces(bundleJson(plan, await read(new ImageConfigs())))
  else process.stdout.write(printTree(bundleTree(name, plan)))
}
