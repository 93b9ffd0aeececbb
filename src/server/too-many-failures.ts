import { ApiError } from "../api/api-error.ts"

/** An address has to wait before it may fail to log in again. */
export class TooManyFailures extends ApiError {
  readonly seconds: number

  constructor(seconds: number) {
    super("TOO_MANY_REQUESTS", "too many failed logins from this address", {
      hint: `wait ${seconds} seconds`,
    })
    this.seconds = seconds
  }
}
