export interface ErrorDetails {
  /** What the reader can do next: one sentence, printed as `hint: …`. */
  hint?: string | undefined
  cause?: unknown
}

/**
 * Base of every error that Waybill raises on purpose. `code` is stable and meant for programs; `message` says
 * what is wrong and where; `hint` says what to do next. Each folder narrows `Code` to the union it uses.
 */
export class WaybillError<Code extends string = string> extends Error {
  readonly code: Code
  readonly hint: string | undefined

  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.code = code
    this.hint = details.hint
  }
}
