export { ArchiveError, type ArchiveErrorCode } from "./archive/archive-error.ts"
export { Bundle } from "./bundle/bundle.ts"
export { BundleError, type BundleErrorCode, type BundleProblem } from "./bundle/bundle-error.ts"
export { type BundlePlan, planBundle } from "./bundle/bundle-plan.ts"
export { bundleBytes } from "./bundle/bundle-stream-writer.ts"
export { type WriteOptions, writeBundleFile } from "./bundle/bundle-writer.ts"
export type { FileDigest, IntegrityAlgorithm } from "./bundle/integrity.ts"
export type { ReleaseManifest } from "./bundle/release-manifest.ts"
export { ClientError, type ClientErrorCode } from "./client/client-error.ts"
export { type ConnectOptions, connect, type RemoteContext } from "./client/connect.ts"
export { ContentError, type ContentErrorCode } from "./content/content-error.ts"
export type { ContentBody, ContentSource, ContentTarget } from "./content/interfaces.ts"
export type { RandomAccess, Range, ReadRangeOptions } from "./content/random-access.ts"
export type { TransferEvent, TransferListener } from "./content/transfer-event.ts"
export { DatabaseError, type DatabaseErrorCode } from "./database/database-error.ts"
export { type Description, describeError } from "./errors/describe.ts"
export { WaybillError } from "./errors/waybill-error.ts"
export type { NewToken, Principal, Role, Token } from "./fleet/access.ts"
export type { AccessStore } from "./fleet/access-store.ts"
export type {
  Device,
  DeviceCounts,
  DeviceFilter,
  DevicePolicy,
  DeviceTarget,
  NewDevice,
} from "./fleet/device.ts"
export type {
  ChangedDevices,
  DevicesChange,
  DevicesPreview,
  FleetDevices,
  TargetsChange,
} from "./fleet/device-group.ts"
export {
  type DeviceGroup,
  parseTagCondition,
  type TagChanges,
  type TagCondition,
} from "./fleet/device-tags.ts"
export type { Fleet, FleetClass, NewFleet } from "./fleet/fleet.ts"
export { FleetError, type FleetErrorCode } from "./fleet/fleet-error.ts"
export type { FleetAction, FleetEvent, ValueChange } from "./fleet/fleet-event.ts"
export type { FleetOverview } from "./fleet/fleet-overview.ts"
export type {
  ChangeDevicesOptions,
  ChangeOptions,
  DeviceChangeOptions,
  DeviceSelection,
  DeviceStore,
  FindOptions,
  FleetPolicyOptions,
  FleetStore,
  PolicyOptions,
  PolicyStore,
  PreviewOptions,
  RecordOptions,
  ReleaseChangeOptions,
  ReleaseFilter,
  ReleaseStore,
  RemoveFleetOptions,
} from "./fleet/fleet-store.ts"
export type {
  DevicePageOptions,
  EventFilter,
  EventPageOptions,
  EventScope,
  FleetPageOptions,
  PageOptions,
  ReleasePageOptions,
} from "./fleet/list-options.ts"
export type {
  Release,
  ReleaseName,
  ReleaseService,
  ReleaseState,
  ReleaseStatus,
  ReleaseSummary,
} from "./fleet/release.ts"
export type { ReleaseOverview, ReleaseUse } from "./fleet/release-overview.ts"
export { type Rollout, type RolloutPart, rolloutPartOf, type Silence } from "./fleet/rollout.ts"
export { newDeviceKey, newTokenSecret, type Random } from "./fleet/secret.ts"
export { type FleetSlug, parseFleetSlug } from "./fleet/slug.ts"
export { exactVersion, rawVersion } from "./fleet/version.ts"
export type { Clock } from "./http/clock.ts"
export { HttpError, type HttpErrorDetails } from "./http/http-error.ts"
export { NetworkError, type NetworkErrorCode } from "./http/network-error.ts"
export { LayoutError, type LayoutErrorCode } from "./layout/layout-error.ts"
export type { Descriptor } from "./oci/descriptor.ts"
export type { Digest } from "./oci/digest.ts"
export { OciError, type OciErrorCode } from "./oci/oci-error.ts"
export { type Platform, parsePlatform } from "./oci/platform.ts"
export type { BundleRelay } from "./operations/bundle-relay.ts"
export { addChecksum, findChecksum } from "./operations/checksum-file.ts"
export {
  type CompositionDifference,
  type ContentComparison,
  compareContent,
  compareReleases,
  type ReleaseComparison,
  type ServiceDifference,
} from "./operations/compare-releases.ts"
export type { Context, FleetContent } from "./operations/context.ts"
export {
  type CreateOptions,
  type CreateRequest,
  type CreateResult,
  createRelease,
} from "./operations/create-release.ts"
export { composeFile, type DeviceTargetDocument, deviceTargetDocument } from "./operations/device-target.ts"
export { type ExportOptions, type ExportResult, exportRelease } from "./operations/export-release.ts"
export { findDevice } from "./operations/find-device.ts"
export { findRelease, parseReleaseSelector, type ReleaseSelector } from "./operations/find-release.ts"
export {
  type CheckedRelease,
  type RegistryChange,
  type SetRegistryOptions,
  setFleetRegistry,
} from "./operations/fleet-registry.ts"
export { type Home, type HomeOptions, openHome } from "./operations/home.ts"
export {
  type ImportOptions,
  type ImportRequest,
  type ImportResult,
  importRelease,
} from "./operations/import-release.ts"
export { collectStoreGarbage, verifyStore } from "./operations/maintain-store.ts"
export { openBundle } from "./operations/open-bundle.ts"
export { OperationError, type OperationErrorCode } from "./operations/operation-error.ts"
export type { ComposeSource } from "./operations/read-compose-files.ts"
export { type FailureRequest, type FailureResult, recordFailure } from "./operations/record-failure.ts"
export {
  type PlatformImage,
  type ReleaseContent,
  type ReleaseLayer,
  readReleaseContent,
  type ServiceContent,
} from "./operations/release-content.ts"
export { type VerifyBundleOptions, verifyBundleFile, verifyBundleStream } from "./operations/verify-bundle.ts"
export { type CredentialSources, loadCredentials } from "./registry/load-credentials.ts"
export { RegistryClient, type RegistryClientOptions } from "./registry/registry-client.ts"
export { RegistryError, type RegistryErrorCode } from "./registry/registry-error.ts"
export { systemClock } from "./system-clock.ts"
