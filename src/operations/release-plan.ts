import { type BundlePlan, planBundle } from "../bundle/bundle-plan.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import { isFinal } from "../fleet/release.ts"
import { bundledRelease } from "./bundled-release.ts"
import type { Context, FleetContent } from "./context.ts"
import type { SuccessfulRelease } from "./successful-release.ts"

/**
 * Plans the bundle of a release, and says where its blobs are. That of a draft says that it is one. Throws what reading its content
 * throws, and what `bundledRelease` throws.
 */
export async function planRelease(
  context: Pick<Context, "fleets" | "contentOf">,
  release: SuccessfulRelease,
  options: OperationOptions = {},
): Promise<{ content: FleetContent; plan: BundlePlan }> {
  const content = await context.contentOf(await context.fleets.getFleet(release.fleet, options))
  const plan = await planBundle(content, release.index, { ...options, isDraft: !isFinal(release) })
  // What is stored may say something else than what was recorded: nobody could read the bundle.
  bundledRelease(plan)
  return { content, plan }
}
