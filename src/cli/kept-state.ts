import { isFinal } from "../fleet/release.ts"
import { rawVersion } from "../fleet/version.ts"
import type { RecordedRelease } from "../operations/release-recording.ts"

/** The command that makes a draft final. */
export function finalizeCommand({ release }: Pick<RecordedRelease, "release">): string {
  return `waybill release finalize ${release.fleet} --version ${rawVersion(release)}`
}

/** Says of a release that was there that it stays a draft, or final, where the other is asked for. */
export function keptState(recorded: RecordedRelease, isDraft: boolean): string[] {
  const { release, wasThere } = recorded
  if (!wasThere || isDraft !== isFinal(release)) return []
  const name = `the fleet has ${release.fleet} ${rawVersion(release)}`
  if (isFinal(release)) return [`${name} as a final release, and keeps it`]
  return [`${name} as a draft, and keeps it so; make it final with \`${finalizeCommand(recorded)}\``]
}
