import { WaybillError } from "../errors/waybill-error.ts"

export type ContentErrorCode =
  | "CONTENT_NOT_FOUND"
  | "SIZE_MISMATCH"
  | "DIGEST_MISMATCH"
  | "DOCUMENT_TOO_LARGE"
  | "LIMIT_EXCEEDED"
  | "CANNOT_REWIND"
  | "CONTENT_MISSING"
  | "CONTENT_IN_USE"
  | "UPLOAD_CHANGED"
  | "CANNOT_LOCK"
  | "TAG_LIMIT"

/** Content that is missing, or that is not what its descriptor says. */
export class ContentError extends WaybillError<ContentErrorCode> {}
