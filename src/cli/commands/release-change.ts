import type { ChangeOptions, FleetStore } from "../../fleet/fleet-store.ts"
import type { Release } from "../../fleet/release.ts"
import { rawVersion } from "../../fleet/version.ts"
import type { Context } from "../../operations/context.ts"
import { findRelease, parseReleaseSelector, type ReleaseSelector } from "../../operations/find-release.ts"
import { withContext } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { summaryJson } from "../release-view.ts"
import { plural, printChange, watchTarget } from "../target-view.ts"
import { argument, UsageError } from "../usage-error.ts"

interface Options extends CommonOptions {
  version?: string
}

export const releaseFinalize = changing("finalize", (fleets, id, change) =>
  fleets.finalizeRelease(id, change),
)

export const releaseInvalidate = changing("invalidate", (fleets, id, change) =>
  fleets.invalidateRelease(id, change),
)

export const releaseValidate = changing("validate", (fleets, id, change) =>
  fleets.validateRelease(id, change),
)

export async function releaseRm(name: string, options: Options): Promise<void> {
  const selector = selectOne(name, options, "removed")
  await withContext(options, async (context) => {
    const release = await findRelease(context, selector, "rm")
    const { change } = await watchTarget(context, release.fleet, () =>
      context.fleets.removeRelease(release.id, context.change()),
    )
    const version = `${release.fleet} ${rawVersion(release)}`
    printResult(
      options,
      { removed: summaryJson(release), ...change },
      `removed ${version}\n${printChange(change)}`,
    )
  })
}

/** Of a fleet's releases the latest is meant by nobody here: it is no draft, is valid, and is better not removed unasked. */
function selectOne(name: string, { version }: Options, done: string): ReleaseSelector {
  const selector = argument(() => parseReleaseSelector(name, version))
  if ("commit" in selector || selector.version !== undefined) return selector
  throw new UsageError("USAGE", `${name} has many releases: which one is to be ${done}?`, {
    hint: "name it with --version, or by its commit",
  })
}

type Verb = "finalize" | "invalidate" | "validate"

const DONE: Readonly<Record<Verb, string>> = {
  finalize: "is final",
  invalidate: "is invalidated",
  validate: "is valid",
}

/** A command that changes a release, and says what that moved. */
function changing(
  verb: Verb,
  work: (fleets: FleetStore, id: number, change: ChangeOptions) => Promise<Release>,
) {
  return async (name: string, options: Options): Promise<void> => {
    const selector =
      verb === "invalidate"
        ? argument(() => parseReleaseSelector(name, options.version))
        : selectOne(name, options, verb === "finalize" ? "finalized" : "validated")
    await withContext(options, async (context) => {
      const found = await findRelease(context, selector, verb)
      const { result, fleet, change } = await watchTarget(context, found.fleet, () =>
        work(context.fleets, found.id, context.change()),
      )
      const pins = await countPins(context, result)
      const isLeft = fleet.pin === null && fleet.target?.isInvalidated === true
      const lines = [
        `${result.fleet} ${rawVersion(result)} ${DONE[verb]}\n`,
        printChange(change),
        isLeft ? `no valid release is left: ${fleet.slug} stays on ${fleet.target?.version}\n` : "",
        fleet.pin?.id === result.id ? `${fleet.slug} stays pinned to it\n` : "",
        pins > 0 ? `${plural(pins, "device stays", "devices stay")} pinned to it\n` : "",
      ]
      printResult(options, { ...summaryJson(result), target: change, pinnedDevices: pins }, lines.join(""))
    })
  }
}

async function countPins({ fleets }: Context, { id, fleet }: Release): Promise<number> {
  const pinned = await fleets.listDevices({ fleet, policy: "pinned" })
  return pinned.filter(({ pin }) => pin?.id === id).length
}
