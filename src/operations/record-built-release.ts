import { readDocument } from "../content/read-document.ts"
import type { Fleet } from "../fleet/fleet.ts"
import type { NewRelease } from "../fleet/release.ts"
import { rawVersion } from "../fleet/version.ts"
import type { Context, FleetContent } from "./context.ts"
import {
  type BegunRelease,
  beginInOneStep,
  type RecordedRelease,
  type RecordingOptions,
} from "./release-recording.ts"
import { tagOrWarn } from "./tag-release.ts"

export interface BuiltRelease extends RecordedRelease {
  /** What did not work though the release is recorded, one sentence each. */
  warnings: string[]
}

/**
 * Takes a release into a fleet: begins its recording, lets `send` bring its content to where the fleet keeps it, records it in one
 * transaction, and sets its tags. A failure or a kill before the end leaves the fleet as it was, and doing it again finishes the work.
 * Throws what `send`, the content and the fleet store throw.
 */
export async function recordBuiltRelease(
  context: Context,
  fleet: Fleet,
  begun: BegunRelease,
  send: (content: FleetContent) => Promise<NewRelease>,
  options: RecordingOptions,
): Promise<BuiltRelease> {
  await using recording = await (context.beginRelease?.(fleet, begun, options) ??
    beginInOneStep(context, fleet, options))
  const { content } = recording
  const release = await send(content)
  // What answers yes to everything is no registry: nothing is recorded that has not been seen there.
  await readDocument(content, release.index, options)
  const recorded = await recording.finish(release)
  const warnings = await tagOrWarn(content, recorded.release, options)
  return { ...recorded, warnings: [...keptRevision(release, recorded), ...warnings] }
}

/** Says of a release that was there that it has another revision than is asked for. */
function keptRevision({ version }: NewRelease, { release, wasThere }: RecordedRelease): string[] {
  const { requestedRevision } = version
  if (!wasThere || requestedRevision === undefined || requestedRevision === release.revision) return []
  const name = `${release.fleet} ${rawVersion(release)}`
  return [`the fleet has it as ${name}, and keeps that revision: rev${requestedRevision} was asked for`]
}
