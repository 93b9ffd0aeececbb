import { WaybillError } from "../errors/waybill-error.ts"

/** The command line is wrong: exit status 2. */
export class UsageError extends WaybillError {}

/** Reads an argument; what is wrong with it is wrong with the command line. */
export function argument<Value>(parse: () => Value): Value {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof WaybillError)) throw error
    throw new UsageError(error.code, error.message, { hint: error.hint, cause: error })
  }
}
