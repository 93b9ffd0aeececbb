import { describeError } from "../errors/describe.ts"
import { warn } from "./output.ts"

/**
 * Works with what is open and closes it. What went wrong with the work says more than what goes wrong then; where the work
 * is done, that is a warning and undoes nothing.
 */
export async function closing<Open extends { close(): Promise<unknown> }, Result>(
  open: Open,
  work: (open: Open) => Promise<Result>,
  onWarning: (text: string) => void = warn,
): Promise<Result> {
  let result: Result
  try {
    result = await work(open)
  } catch (error) {
    await open.close().catch(() => undefined)
    throw error
  }
  try {
    await open.close()
  } catch (error) {
    onWarning(`it is done, and could not be ended in good order: ${describeError(error).message}`)
  }
  return result
}
