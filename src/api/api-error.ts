import { WaybillError } from "../errors/waybill-error.ts"

export type ApiErrorCode =
  | "INVALID_REQUEST"
  | "UNAUTHORIZED"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "METHOD_NOT_ALLOWED"
  | "PRECONDITION_FAILED"
  | "BODY_TOO_LARGE"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "RANGE_NOT_SATISFIABLE"
  | "TOO_MANY_REQUESTS"
  | "MISDIRECTED"
  | "TOO_MANY_CONNECTIONS"
  | "SERVER_BUSY"
  | "CONTENT_UNAVAILABLE"

/** A request that the API does not take. */
export class ApiError extends WaybillError<ApiErrorCode> {}
