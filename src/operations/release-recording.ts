import { isKeeper, type OperationOptions } from "../content/interfaces.ts"
import type { Fleet } from "../fleet/fleet.ts"
import type { RecordOptions } from "../fleet/fleet-store.ts"
import { type NewRelease, ReleaseExistsError } from "../fleet/release.ts"
import type { TargetChange } from "../fleet/target-change.ts"
import type { Context, FleetContent } from "./context.ts"
import { presentTarget } from "./present-target.ts"
import { type SuccessfulRelease, successful } from "./successful-release.ts"

/** What is known of a release before its content is where the fleet keeps it. */
export type BegunRelease = Omit<NewRelease, "index" | "services">

/** A release that is on record, by this recording or since before it. */
export interface RecordedRelease {
  release: SuccessfulRelease
  /** Whether the fleet had the release before: then nothing has changed. */
  wasThere: boolean
  /** What devices run now because of it: where the release was there, what they ran before. */
  target: TargetChange
}

/**
 * A release on its way into a fleet: it is begun, then its content is sent, then it is finished. Before that no device can have it
 * as a target. Disposing of one that is not finished leaves the fleet as it was.
 */
export interface ReleaseRecording extends AsyncDisposable {
  /** Where the content of this release goes. */
  readonly content: FleetContent
  /** Puts the release on record as a success, in one transaction. Throws what `FleetStore.recordRelease` throws, but `RELEASE_EXISTS`. */
  finish(release: NewRelease): Promise<RecordedRelease>
}

export interface RecordingOptions
  extends OperationOptions,
    Pick<RecordOptions, "origin" | "isVersionUnchosen"> {}

/** Begins a recording in a fleet store that hears of a release when its content is there, and not before. */
export async function beginInOneStep(
  context: Context,
  fleet: Fleet,
  { origin, isVersionUnchosen, signal }: RecordingOptions,
): Promise<ReleaseRecording> {
  const content = await context.contentOf(fleet)
  const lease = isKeeper(content) ? await content.lease({ signal }) : undefined
  return {
    content,
    finish: async (release) => {
      try {
        const { registry } = fleet
        const change = { ...context.change({ signal }), origin, isVersionUnchosen, registry }
        const { release: recorded, target } = await context.fleets.recordRelease(fleet.slug, release, change)
        return { release: successful(recorded), target, wasThere: false }
      } catch (error) {
        if (!(error instanceof ReleaseExistsError)) throw error
        const target = await presentTarget(context.fleets, fleet.slug, { signal })
        return { release: successful(error.release), target, wasThere: true }
      }
    },
    [Symbol.asyncDispose]: async () => lease?.[Symbol.asyncDispose](),
  }
}
