import { WaybillError } from "../errors/waybill-error.ts"

export type OperationErrorCode =
  | "INVALID_COMPOSE_FILE"
  | "INVALID_IMAGE"
  | "PLATFORM_NOT_FOUND"
  | "RELEASE_NOT_FOUND"
  | "AMBIGUOUS_RELEASE"
  | "RELEASE_NOT_SUCCESSFUL"
  | "RELEASE_NAMED_TWICE"
  | "AMBIGUOUS_DEVICE"
  | "INVALID_OUTPUT"
  | "INVALID_CHECKSUM_FILE"
  | "CHECKSUM_NOT_FOUND"
  | "INVALID_HOME"
  | "NO_TARGET"
  | "NO_REGISTRY"
  | "IMAGES_MISSING"

/** A request that an operation cannot carry out as it was given. */
export class OperationError extends WaybillError<OperationErrorCode> {}
