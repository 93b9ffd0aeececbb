import type { FleetStore, ReleaseChange, ReleaseChangeOptions } from "../../fleet/fleet-store.ts"
import type { Release } from "../../fleet/release.ts"
import { rawVersion } from "../../fleet/version.ts"
import type { Context } from "../../operations/context.ts"
import { findRelease, parseReleaseSelector, type ReleaseSelector } from "../../operations/find-release.ts"
import { presentTarget } from "../../operations/present-target.ts"
import { withContext } from "../environment.ts"
import { plural } from "../format.ts"
import { type NamedRelease, printDrafts, printMeant } from "../named-release.ts"
import type { PreviewedOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { summaryJson } from "../release-view.ts"
import { printDryRun, printTargetChange } from "../target-view.ts"
import { argument, UsageError } from "../usage-error.ts"

type Options = PreviewedOptions & NamedRelease

export const releaseFinalize = changing("finalize", (fleets, id, change) =>
  fleets.finalizeRelease(id, change),
)

export const releaseInvalidate = changing("invalidate", (fleets, id, change) =>
  fleets.invalidateRelease(id, change),
)

export const releaseValidate = changing("validate", (fleets, id, change) =>
  fleets.validateRelease(id, change),
)

export async function releaseRm(name: string, version: string | undefined, options: Options): Promise<void> {
  const selector = selectOne(name, version, options, "removed")
  await withContext(options, async (context) => {
    const release = await findRelease(context, selector)
    await context.fleets.removeRelease(release.id, context.change())
    // What devices run cannot be removed.
    const target = await presentTarget(context.fleets, release.fleet, {})
    printResult(
      options,
      { removed: summaryJson(release), target },
      `${meant(selector, release)}removed ${release.fleet} ${rawVersion(release)}\n${printTargetChange(release.fleet, target)}`,
    )
  })
}

/** Of a fleet's releases the latest is not meant unasked: it is no draft, is valid, and what devices run. */
function selectOne(
  name: string,
  version: string | undefined,
  options: Options,
  done: string,
): ReleaseSelector {
  const selector = argument(() => parseReleaseSelector(name, version, options.version))
  if ("commit" in selector || selector.version !== undefined) return selector
  throw new UsageError("USAGE", `${name} has many releases: which one is to be ${done}?`, {
    hint: `name it behind the fleet, as ${name}@1.2.3, or by its commit`,
  })
}

function meant(selector: ReleaseSelector, release: Release): string {
  return printMeant(nameIn(selector), release)
}

function nameIn(selector: ReleaseSelector): string | undefined {
  return "version" in selector ? selector.version : undefined
}

type Verb = "finalize" | "invalidate" | "validate"

const WANTED: Readonly<Record<Verb, string>> = {
  finalize: "finalized",
  invalidate: "invalidated",
  validate: "validated",
}

const DONE: Readonly<Record<Verb, string>> = {
  finalize: "is final",
  invalidate: "is invalidated",
  validate: "is valid",
}

/** A command that changes a release, and says what that moved. */
function changing(
  verb: Verb,
  work: (fleets: FleetStore, id: number, change: ReleaseChangeOptions) => Promise<ReleaseChange>,
) {
  return async (name: string, version: string | undefined, options: Options): Promise<void> => {
    const selector = selectOne(name, version, options, WANTED[verb])
    const { dryRun = false } = options
    await withContext(options, async (context) => {
      const found = await findRelease(context, selector)
      const change = { ...context.change(), preview: dryRun }
      const { release, target } = await work(context.fleets, found.id, change)
      const pins = await countPins(context, release)
      const isLeft = !target.isPinned && target.after?.isInvalidated === true
      const lines = [
        printDryRun(options),
        meant(selector, found),
        `${release.fleet} ${rawVersion(release)} ${DONE[verb]}\n`,
        verb === "finalize" ? await printDrafts(context.fleets, nameIn(selector), found) : "",
        printTargetChange(release.fleet, target),
        isLeft ? `no valid release is left: ${release.fleet} stays on ${target.after?.version}\n` : "",
        target.isPinned && target.after?.id === release.id ? `${release.fleet} stays pinned to it\n` : "",
        pins > 0 ? `${plural(pins, "device stays", "devices stay")} pinned to it\n` : "",
      ]
      const result = { ...summaryJson(release), target, pinnedDevices: pins, ...(dryRun && { dryRun }) }
      printResult(options, result, lines.join(""))
    })
  }
}

async function countPins({ fleets }: Context, { id, fleet }: Release): Promise<number> {
  const pinned = await fleets.listDevices({ fleet, policy: "pinned" })
  return pinned.filter(({ pin }) => pin?.id === id).length
}
