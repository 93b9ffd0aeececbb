import type { CopyOptions } from "../content/copy.ts"
import type { NewRelease } from "../fleet/release.ts"
import type { FleetContent } from "./context.ts"

/** What an import reads a release from. It can be imported once, and is closed by whoever opened it. */
export interface ReleaseSource extends AsyncDisposable {
  /** As a fleet would record it. It has been checked; of its content the manifests alone have been read. */
  readonly release: NewRelease

  /**
   * Sends what the target lacks of the release's content, each manifest after what it names. When it has ended, everything
   * that the source was opened to prove has proved right. Throws what the source, the target and the copy throw.
   */
  copyTo(target: FleetContent, options: CopyOptions): Promise<void>
}
