import { type ErrorDetails, WaybillError } from "../errors/waybill-error.ts"

export interface HttpErrorDetails extends ErrorDetails {
  /** HTTP status, where there was an answer. */
  status?: number | undefined
  method?: string | undefined
  /** The request's URL, without its query. */
  url?: string | undefined
  /** Whether trying again can help. Default false. */
  transient?: boolean | undefined
  /** Whether nothing was sent, since there was no connection. Default false. */
  unsent?: boolean | undefined
  /** What the server asks to wait, in milliseconds. */
  retryAfter?: number | undefined
}

/** A server did not do what was asked of it by HTTP. Its clients each have codes of their own. */
export abstract class HttpError<Code extends string = string> extends WaybillError<Code> {
  readonly status: number | undefined
  readonly method: string | undefined
  readonly url: string | undefined
  readonly transient: boolean
  readonly unsent: boolean
  readonly retryAfter: number | undefined

  constructor(code: Code, message: string, details: HttpErrorDetails = {}) {
    super(code, message, details)
    this.status = details.status
    this.method = details.method
    this.url = details.url
    this.transient = details.transient ?? false
    this.unsent = details.unsent ?? false
    this.retryAfter = details.retryAfter
  }

  /** The same with another hint. */
  withHint(hint: string): this {
    const Same = this.constructor as new (code: Code, message: string, details: HttpErrorDetails) => this
    return new Same(this.code, this.message, { ...this, hint, cause: this })
  }
}
