import { describeError } from "../errors/describe.ts"

/** What a look at one thing has shown. */
export interface Finding {
  /** What was looked at: `disk`, `clock` … */
  check: string
  /** A `problem` stands in the way of work; a `warning` may do so soon. */
  status: "ok" | "warning" | "problem"
  message: string
  /** The code of the error that a command would end with. */
  code: string | null
  /** What to do about it. */
  hint: string | null
}

export function finding(
  check: string,
  status: Finding["status"],
  message: string,
  hint: string | null = null,
): Finding {
  return { check, status, message, code: null, hint }
}

/** Does a piece of looking; what it throws is a finding. */
export async function found(
  check: string,
  status: "warning" | "problem",
  look: () => Promise<Finding[]>,
): Promise<Finding[]> {
  try {
    return await look()
  } catch (error) {
    return [thrown(check, status, error)]
  }
}

/** What was thrown, as a finding. */
export function thrown(check: string, status: "warning" | "problem", error: unknown): Finding {
  const { message, code, hint = null } = describeError(error)
  return { check, status, message, code, hint }
}
