import { WaybillError } from "../errors/waybill-error.ts"

export type LayoutErrorCode =
  | "NOT_A_LAYOUT"
  | "IMAGE_NOT_NAMED"
  | "NO_SPACE"
  | "STORE_DAMAGED"
  | "STORE_UNAVAILABLE"

/** A folder that is no OCI image layout or cannot be written, or an image that its name does not settle. */
export class LayoutError extends WaybillError<LayoutErrorCode> {}
