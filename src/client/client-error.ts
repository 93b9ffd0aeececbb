import { HttpError } from "../http/http-error.ts"

export type ClientErrorCode =
  | "INVALID_SERVER"
  | "SERVER_UNREACHABLE"
  | "CONNECTION_LOST"
  | "INVALID_ANSWER"
  | "UNAUTHORIZED"
  | "FORBIDDEN"
  | "REQUEST_REFUSED"
  | "SERVER_FAILED"

/** A Waybill server cannot be reached, or does not answer as one. */
export class ClientError extends HttpError<ClientErrorCode> {}
