import { type ErrorDetails, WaybillError } from "../errors/waybill-error.ts"

export type ClientErrorCode =
  | "INVALID_SERVER"
  | "SERVER_UNREACHABLE"
  | "CONNECTION_LOST"
  | "INVALID_ANSWER"
  | "UNAUTHORIZED"
  | "FORBIDDEN"
  | "REQUEST_REFUSED"
  | "SERVER_FAILED"

export interface ClientErrorDetails extends ErrorDetails {
  /** Whether another try may do better. */
  transient?: boolean | undefined
  /** Milliseconds that the server asks to wait. */
  retryAfter?: number | undefined
}

/** A Waybill server cannot be reached, or does not answer as one. */
export class ClientError extends WaybillError<ClientErrorCode> {
  readonly transient: boolean
  readonly retryAfter: number | undefined

  constructor(code: ClientErrorCode, message: string, details: ClientErrorDetails = {}) {
    super(code, message, details)
    this.transient = details.transient ?? false
    this.retryAfter = details.retryAfter
  }
}
