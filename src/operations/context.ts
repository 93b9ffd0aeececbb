import type { ContentSource, ContentTarget, OperationOptions } from "../content/interfaces.ts"
import type { AccessStore } from "../fleet/access-store.ts"
import type { Fleet } from "../fleet/fleet.ts"
import type { ChangeOptions, FleetStore } from "../fleet/fleet-store.ts"
import type { RegistryClient } from "../registry/registry-client.ts"
import type { BundleRelay } from "./bundle-relay.ts"
import type { ReleaseContent } from "./release-content.ts"
import type { BegunRelease, RecordingOptions, ReleaseRecording } from "./release-recording.ts"
import type { SuccessfulRelease } from "./successful-release.ts"

/** A fleet's repository: all its images and releases, wherever they are kept. */
export interface FleetContent extends ContentSource, ContentTarget {}

/** Where operations work: fleets, what they are made of, and the registries of the world. */
export interface Context {
  readonly fleets: FleetStore
  /** Who may work here when it is served. */
  readonly access: AccessStore
  /** A fleet with a `registry` keeps its content there, one without in the content store. */
  contentOf(fleet: Fleet): Promise<FleetContent>
  /** For where whoever keeps the content says what it is made of: see `readReleaseContent`. */
  readContent?(release: SuccessfulRelease, options?: OperationOptions): Promise<ReleaseContent>
  /** For fleets that have to know of a release before its content is sent. The others hear of it when that is there. */
  beginRelease?(fleet: Fleet, release: BegunRelease, options: RecordingOptions): Promise<ReleaseRecording>
  /** Where others pull the images of fleets without a registry: `HOST[:PORT]`. None for a home that nobody serves. */
  readonly ownRegistry: string | undefined
  /** Where bundles go through when a fleet's registry cannot be reached from here. None for a home. */
  readonly relay?: BundleRelay | undefined
  /** The client for all registries that are named by images and fleets. */
  registries(): Promise<RegistryClient>
  now(): Date
  /** What a change is recorded with: now, and who works here. Without options, the signal is the one that this was opened with. */
  change(options?: OperationOptions): ChangeOptions
  close(): Promise<void>
}
