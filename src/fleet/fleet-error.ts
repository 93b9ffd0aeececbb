import { WaybillError } from "../errors/waybill-error.ts"

export type FleetErrorCode =
  | "INVALID_SLUG"
  | "INVALID_FLEET_CLASS"
  | "INVALID_COMMIT"
  | "INVALID_VERSION"
  | "INVALID_RELEASE"
  | "FLEET_NOT_FOUND"
  | "FLEET_EXISTS"
  | "FLEET_HAS_RELEASES"
  | "RELEASE_NOT_FOUND"
  | "RELEASE_EXISTS"
  | "RELEASE_NOT_SUCCESSFUL"
  | "COMMIT_CONFLICT"
  | "VERSION_CONFLICT"
  | "REVISION_MISMATCH"

/** A rule of fleets and releases that a value or a change would break. */
export class FleetError extends WaybillError<FleetErrorCode> {}
