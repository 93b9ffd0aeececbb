import { WaybillError } from "../errors/waybill-error.ts"

export type OciErrorCode =
  | "INVALID_DIGEST"
  | "INVALID_REFERENCE"
  | "INVALID_PLATFORM"
  | "INVALID_DOCUMENT"
  | "UNSUPPORTED_MEDIA_TYPE"

/** A value or document that the OCI specifications do not allow. */
export class OciError extends WaybillError<OciErrorCode> {}
